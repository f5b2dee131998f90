// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/sandbox/sandbox.hpp"

namespace tmon {

// Sets the process's resource limits. Throws std::system_error.
void set_limits(const SandboxRules& rules);

} // namespace tmon
