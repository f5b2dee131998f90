// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tmon {

// Rows of cells as text: columns as wide as they need to be, two spaces between, nothing behind the last.
std::string format_table(const std::vector<std::vector<std::string>>& rows, const std::string& indent = "");

} // namespace tmon
