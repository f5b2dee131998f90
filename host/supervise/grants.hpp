// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/spawner/open_file.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tmon {

// The files that one plugin may have opened on its behalf: those that the user's configuration of it names (see
// PluginConfig::config_paths); and "-", the standard output, when that is granted or named: whoever has it shares our open
// file, and could empty it where it is a regular one. Not what lies below granted folders: these the plugin opens itself, and
// could put a symbolic link there for us to follow with our rights.
class PathGrants {
public:
	explicit PathGrants(const PluginConfig& config);

	bool allows(std::string_view path) const { return paths_.contains(std::string(path)); }

	// What can be answered at once: "-", and what is not granted. nullopt: it is to be opened, see open_file.
	std::optional<Opened> answer(std::string_view path, uint32_t mode) const;

private:
	std::set<std::string> paths_;
	bool standard_output_;
};

} // namespace tmon
