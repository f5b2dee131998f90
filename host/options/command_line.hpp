// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the commands' tables of options have in common.
#pragma once

#include "host/config/load.hpp"

#include <CLI/CLI.hpp>

#include <span>
#include <string>
#include <string_view>

namespace tmon {

// What a command line can begin with.
inline constexpr std::string_view program_commands[] = {"run", "check", "ctl", "detach", "explain", "plugins", "status"};

// CLI11's own words, "--config: At Most 1 required but received 2", in plain ones.
std::string explain_parse_error(const CLI::ParseError& error);

// What is left over after all known options, in words. `commands` are those that it
// could stand for; none: it is no command.
std::string explain_unknown(const CLI::App& app, const std::string& word, std::span<const std::string_view> commands);

// "ring.size=8M" of --set.
Parsed<Setting> parse_setting(const std::string& text);

} // namespace tmon
