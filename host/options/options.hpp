// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/config/load.hpp"
#include "host/exit_code.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tmon {

// What the command line of `run` gave.
struct RunOptions {
	std::string config_file;
	Overrides given;
};

// The program is to end at once: `text` goes to standard output when `code` is 0, else to standard error.
struct Exit {
	int code = 0;
	std::string text; // ends with a line break
};

// `arguments` are those behind the program's name. They may begin with the word `run`.
std::variant<RunOptions, Exit> parse_run_options(std::span<const char* const> arguments);

// A configuration that is right as a whole, or the reasons why there is none.
struct MergeResult {
	std::optional<Config> config; // there exactly when exit_code is 0
	int exit_code = 0;
	std::vector<Diagnostic> errors;
	std::vector<Diagnostic> warnings;
};

// Loads the configuration file and applies the options over it. Has `check`, where there is one, look at every
// plugin entry of the result.
MergeResult merge(const RunOptions& options, const PluginCheck& check = {});

} // namespace tmon
