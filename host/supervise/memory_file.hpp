// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <string>

namespace tmon {

// A file in memory with that content, at its beginning. Throws std::system_error.
Fd memory_file(const char* name, const std::string& content);

} // namespace tmon
