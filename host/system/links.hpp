// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Network interfaces as the kernel describes them over netlink.
#pragma once

#include "host/system/interfaces.hpp"
#include "host/system/netlink.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

struct Link {
	uint32_t ifindex = 0;
	std::string name;
	bool up = false;      // administratively (IFF_UP)
	bool loopback = false;
	uint32_t master = 0;  // ifindex of the bridge, bond or VRF that it is a port of; 0: none
	uint32_t lower = 0;   // ifindex of the interface of this namespace that it stands on (VLAN, MACVLAN, …); 0: none
};

// From the payload of RTM_NEWLINK or RTM_DELLINK; nothing for one that speaks of something else (a bridge's port), or is
// cut off.
std::optional<Link> read_link(std::string_view payload);

// All links of the namespace that `socket` (NETLINK_ROUTE) is in. Throws std::system_error.
std::vector<Link> dump_links(NetlinkSocket& socket);

// The links that receive what arrives at `ifindex`: itself, its master, VLANs on top of it, and so on upwards.
std::vector<uint32_t> links_fed_by(const std::vector<Link>& links, uint32_t ifindex);

} // namespace tmon
