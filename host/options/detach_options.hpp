// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/options/options.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tmon {

// `detach -i IF[,IF…]`, or `detach --all`.
struct DetachPinned {
	std::vector<std::string> interfaces; // each once; empty: all that have pins
};

// `arguments` are those behind the word `detach`.
std::variant<DetachPinned, Exit> parse_detach_options(std::span<const char* const> arguments);

} // namespace tmon
