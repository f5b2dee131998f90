// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/plugin_file/manifest.hpp"
#include "host/system/fd.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace tmon {

// A plugin's file, checked: what a runner gets is the very bytes that the manifest was read from.
struct PluginFile {
	std::string plugin; // as the configuration names it
	std::string path;
	Fd copy; // see SealedCopy
	std::string sha256;
	Manifest manifest;
};

struct PluginFileError {
	std::vector<std::string> reasons; // at least one; a manifest can have several
	bool wrong_sha256 = false;        // the file is another one than expected

	std::string text() const; // the reasons, one a line
};

// Where the installed tree that this program belongs to keeps its parts: found from the program's own path.
struct InstalledTree {
	std::filesystem::path plugins; // lib/traffic-monitor/plugins
	std::filesystem::path runner;  // libexec/traffic-monitor/plugin-runner
	// Beside it: runs the cases of `plugins check`.
	std::filesystem::path checker() const { return runner.parent_path() / "plugin-checker"; }
	static InstalledTree of_this_program();
};

// Finds, copies and checks the plugin that a configuration names: a shipped one by id, or any by path (with
// '/'). `sha256`, where it is not empty, is what the file must have. Runs none of its code.
std::variant<std::shared_ptr<const PluginFile>, PluginFileError>
find_plugin(const std::string& plugin, const InstalledTree& tree, const std::string& sha256 = {});

} // namespace tmon
