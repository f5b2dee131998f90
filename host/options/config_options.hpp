// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/options/options.hpp"
#include "host/policy/prefix.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tmon {

// `check FILE…`
struct CheckConfigs {
	std::vector<std::string> files; // at least one; "-", at most once, is standard input
	Overrides given;                // --set and --drop-packets alone
	bool json = false;
};

// `explain ADDRESS… -c FILE`
struct ExplainAddresses {
	std::vector<Prefix> addresses; // of full length; at least one
	std::string config_file;
	Overrides given; // as above
	bool json = false;
};

// `arguments` are those behind the word `check` or `explain`.
std::variant<CheckConfigs, Exit> parse_check_options(std::span<const char* const> arguments);
std::variant<ExplainAddresses, Exit> parse_explain_options(std::span<const char* const> arguments);

} // namespace tmon
