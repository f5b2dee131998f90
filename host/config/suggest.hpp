// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tmon {

// ` (did you mean "X"?)` for the candidate that is at most two slips away: a letter too many, missing,
// wrong, or swapped with its neighbour. Empty when there is none.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

} // namespace tmon
