// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/options/options.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace tmon {

// What the command line of `ctl` asks for.
struct CtlCommand {
	std::string socket; // path
	bool json = false;
	std::string name;                        // "status", "block", ...
	std::map<std::string, std::string> keys; // of the request, checked
};

// `arguments` are those behind the word `ctl`. `default_socket` is used where none is named; it may be empty.
std::variant<CtlCommand, Exit> parse_ctl_options(std::span<const char* const> arguments, const std::string& default_socket);

} // namespace tmon
