// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/sandbox/sandbox.hpp"

namespace tmon {

// Leaves the process the system calls that a plugin may make. The others fail with EPERM; those that only an
// attack makes end the process with SIGSYS. `landlock_abi` is what restrict_files has returned.
// Throws std::runtime_error.
void restrict_system_calls(const SandboxRules& rules, uint32_t landlock_abi);

} // namespace tmon
