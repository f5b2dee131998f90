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
// PluginConfig::config_paths); and "-", the standard output. Not what lies below
// granted folders: these it opens itself, and could put a symbolic link there for us to follow with our rights.
class PathGrants {
public:
	explicit PathGrants(const PluginConfig& config);

	bool allows(std::string_view path) const { return paths_.contains(std::string(path)); }

	// What can be answered at once: "-", and what is not granted. nullopt: it is to be opened, see open_file.
	std::optional<Opened> answer(std::string_view path, uint32_t mode) const;

private:
	std::set<std::string> paths_;
};

} // namespace tmon
