// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/filter_error.hpp"

#include <cstring>

namespace tmon {

std::string errno_text(int error) { return std::strerror(error < 0 ? -error : error); }

} // namespace tmon
