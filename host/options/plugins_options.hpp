// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/options/options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace tmon {

// What the command line of `plugins` asks for. A plugin is named by its id, or by a path with a '/' in it.
struct ListPlugins {
	bool json = false;
};
struct DescribePlugin {
	std::string plugin;
	bool json = false;
};
struct ReplayRecording {
	std::string recording;             // path
	std::optional<std::string> plugin; // instead of the recorded one
	std::optional<std::string> config; // instead of the recorded one: JSON, or @ and a path
	bool verbose = false;
};
struct CheckPlugin {
	std::string plugin;
	bool json = false;
	std::optional<std::uint64_t> seed;
	std::optional<std::string> config; // JSON, or @ and a path
};
using PluginsCommand = std::variant<ListPlugins, DescribePlugin, ReplayRecording, CheckPlugin>;

// `arguments` are those behind the word `plugins`.
std::variant<PluginsCommand, Exit> parse_plugins_options(std::span<const char* const> arguments);

} // namespace tmon
