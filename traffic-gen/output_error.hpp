// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdexcept>

namespace tmon {

// An output that cannot be opened or written, with a text for people that names it.
struct OutputError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

} // namespace tmon
