// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The state of a plugin on its way from one runner to the next: a memfd that the host makes and hands round, and
// does not read. It has room from the start and cannot grow, so that no plugin can fill the memory with it.
#pragma once

#include "host/system/fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tmon {

constexpr std::size_t kMaxState = std::size_t{64} << 20; // bytes that a plugin may save

// Throws std::system_error.
Fd make_state_file();

// False when it cannot be written.
bool write_state(int file, std::string_view state);

// Throws std::runtime_error when there is none, or it is damaged.
std::string read_state(int file);

} // namespace tmon
