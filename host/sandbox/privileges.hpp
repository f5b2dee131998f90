// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

namespace tmon {

// Throws std::runtime_error when the process is root or has a capability: whoever has started it should have taken them
// away, and it must then not open a plugin.
void require_no_privileges();

// Closes every descriptor above 2 but `keep`.
void close_other_descriptors(int keep);

} // namespace tmon
