// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/system/interfaces.hpp"

#include <vector>

namespace tmon {

// Before packets are dropped: whether nobody is locked out whom this host needs, as host/preflight finds them. Says
// on the log who would be, and what could not be found out. True where nothing is dropped, in a dry run, and with
// `force`, all the same after saying so.
bool may_drop(const Config& config, const std::vector<Interface>& monitored);

} // namespace tmon
