// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values as JSON Schema compares them.
#pragma once

#include "host/config/document.hpp"

#include <string>

namespace tmon {

bool is_number(const Value& value);

// A number that is whole becomes an integer, as long as it can be one without a change. False for all else.
bool make_integer(Value& value);

// -1, 0 or 1; both are numbers.
int compare_numbers(const Value& a, const Value& b);

// The order of members means nothing, and 1 equals 1.0.
bool is_same_value(const Value& a, const Value& b);

// One text for all values that are the same.
std::string canonical_text(const Value& value);

} // namespace tmon
