// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <filesystem>
#include <string>
#include <variant>

namespace tmon {

struct PluginFile {
	std::string path;
	Fd descriptor;
};

// Where the installed tree that this program belongs to keeps its parts: found from the program's own path.
struct InstalledTree {
	std::filesystem::path plugins; // lib/traffic-monitor/plugins
	std::filesystem::path runner;  // libexec/traffic-monitor/plugin-runner
	static InstalledTree of_this_program();
};

// Finds and opens the plugin that a configuration names: a shipped one by id, or any by path (with '/').
// On failure: what is wrong and which plugins there are.
std::variant<PluginFile, std::string> find_plugin(const std::string& plugin, const InstalledTree& tree);

} // namespace tmon
