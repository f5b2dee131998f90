// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>

namespace tmon {

// Where a run puts its control socket, and ctl looks for it, when nothing else is said: in $RUNTIME_DIRECTORY (as systemd
// sets it; the first of several), or else for root /run/traffic-monitor, for others $XDG_RUNTIME_DIR/traffic-monitor.
// Empty when there is no such place for this user.
std::string default_control_socket();

} // namespace tmon
