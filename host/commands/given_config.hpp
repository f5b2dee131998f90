// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/plugin_file/manifest.hpp"

#include <string>
#include <variant>
#include <vector>

namespace tmon {

// The configuration of a plugin, as it is handed over.
struct GivenConfig {
	std::string json = "{}";
	std::vector<std::string> paths; // that it names; see PluginConfig::config_paths
};

// What was given with --config: a JSON object, or '@' and the path of a file that holds one. Held against the plugin's
// schema, defaults filled in. On failure: all that is wrong.
std::variant<GivenConfig, std::vector<Diagnostic>> read_given_config(const std::string& text, const Manifest& manifest);

} // namespace tmon
