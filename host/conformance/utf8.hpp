// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tmon {

bool is_utf8(std::string_view text);

// The text with each byte that is not part of well-formed UTF-8 as \xNN.
std::string as_utf8(std::string_view text);

} // namespace tmon
