// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>

namespace tmon {

// Gives up everything a plugin must not have, for good: becomes `uid` (and the group of that number, no
// others) unless it is 0, drops all capabilities (becoming another user: the bounding set too), forbids gaining
// any again, and dies with its parent, which must be `host_pid`.
// Throws std::runtime_error; the process must then not open a plugin.
void drop_privileges(uint32_t uid, int host_pid);

// Closes every descriptor above 2 but `keep`.
void close_other_descriptors(int keep);

} // namespace tmon
