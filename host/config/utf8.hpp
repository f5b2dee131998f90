// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmon {

// Bytes of the code point that the text begins with; 0 when it begins with none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// The text with each byte that is not part of well-formed UTF-8 as \xNN.
std::string as_utf8(std::string_view text);

} // namespace tmon
