// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <string>
#include <variant>

namespace tmon {

// The whole text of a file that a user names, or why it cannot be had and what to do. "-" is standard input.
std::variant<std::string, Diagnostic> read_text_file(const std::string& path, std::size_t most_bytes);

} // namespace tmon
