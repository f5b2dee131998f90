// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/interfaces.hpp"

#include <net/if.h>

namespace tmon {

std::vector<Interface> list_interfaces() {
	std::vector<Interface> interfaces;
	struct if_nameindex* const names = if_nameindex();
	for (const struct if_nameindex* at = names; at && at->if_index != 0; ++at)
		interfaces.push_back({at->if_index, at->if_name});
	if_freenameindex(names);
	return interfaces;
}

std::string join_names(const std::vector<Interface>& interfaces) {
	std::string names;
	for (const Interface& interface : interfaces)
		names += (names.empty() ? "" : ", ") + interface.name;
	return names;
}

} // namespace tmon
