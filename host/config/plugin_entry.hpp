// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/config/document.hpp"
#include "host/config/fields.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// Something that an entry grants, and where it says so.
struct GrantPlace {
	Permission permission;
	Place place;
	std::string path; // "plugins[1].grant[0]"
};

// An entry of `plugins`, or what the shorthand stands for, as it is read: with the places that errors refer to.
struct PluginEntry {
	PluginConfig config; // but for config_json, which follows from `settings`
	std::string path;    // "plugins[1]"; of a shorthand, the plugin's id
	Place place;
	Place plugin_place; // of the value of "plugin"
	Place sha256_place;
	std::optional<Value> settings; // its "config", an object; empty when it is something else
	std::vector<GrantPlace> grants;

	std::string settings_path() const { return path + ".config"; }
};

// Looks at an entry while the document is being read, so that what is wrong with a plugin is reported with all
// else that is wrong, in its place. It may change `settings` and what PluginConfig says that it sets.
using PluginCheck = std::function<void(PluginEntry& entry, Findings& findings)>;

} // namespace tmon
