// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

struct Interface {
	uint32_t ifindex = 0;
	std::string name;
};

// The network interfaces of this network namespace, by index.
std::vector<Interface> list_interfaces();

// "lo, eth0"
std::string join_names(const std::vector<Interface>& interfaces);

} // namespace tmon
