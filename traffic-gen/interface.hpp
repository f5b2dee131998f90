// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

// An Ethernet interface of this network namespace.
struct Interface {
	std::string name;
	unsigned index = 0;
	uint32_t mtu = 0; // bytes behind the Ethernet header
	bool up = false;
};

// Throws OutputError when there is none of this name, with those that there are, or when it is not Ethernet.
Interface find_interface(const std::string& name);

// Frames that the interface has dropped on their way out, since it was made. Modulo 2^32.
uint32_t transmit_drops(const std::string& interface);

// Of this network namespace, for messages.
std::vector<std::string> interface_names();

} // namespace tmon
