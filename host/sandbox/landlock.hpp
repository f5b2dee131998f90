// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/sandbox/sandbox.hpp"

namespace tmon {

// Versions of Landlock's ABI from which on it covers...
constexpr uint32_t kLandlockTruncate = 3, kLandlockNetwork = 4, kLandlockDeviceIoctl = 5, kLandlockScopes = 6;

// Leaves the thread what a program needs to run, and what the rules grant. Returns the version of the kernel's
// ABI, 0 when there is none: then nothing is restricted. Needs no_new_privs. Throws std::runtime_error.
uint32_t restrict_files(const SandboxRules& rules);

} // namespace tmon
