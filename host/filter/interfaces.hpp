// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/runner/message.hpp"

#include <string>
#include <vector>

namespace tmon {

// The network interfaces of this network namespace, by index.
std::vector<Interface> list_interfaces();

// "lo, eth0"
std::string join_names(const std::vector<Interface>& interfaces);

} // namespace tmon
