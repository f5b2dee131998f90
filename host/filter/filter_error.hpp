// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace tmon {

// The kernel refused something; the text says what, why, and what to do.
struct FilterError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// Of an errno, or of a negative one as libbpf returns it.
std::string errno_text(int error);

} // namespace tmon
