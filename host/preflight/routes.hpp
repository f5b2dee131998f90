// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the kernel's routing tables say.
#pragma once

#include "host/policy/address.hpp"
#include "host/system/netlink.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tmon {

// One way out: the gateway of a default route, or where the packets to an address go.
struct NextHop {
	std::optional<Address> gateway; // nothing: the destination is on the link
	uint32_t ifindex = 0;
};

struct Route {
	bool is_default = false; // to everywhere
	bool is_unicast = false; // neither to this host itself nor refused
	std::vector<NextHop> hops; // several for a multipath route
};

// From the payload of RTM_NEWROUTE; nothing when it is none of IPv4 or IPv6, or cut off.
std::optional<Route> read_route(std::string_view payload);

// The gateways of all default routes of one family (4 or 6), in any table. `socket` is one of NETLINK_ROUTE.
// Throws std::system_error.
std::vector<NextHop> default_gateways(NetlinkSocket& socket, uint8_t family);

// The interfaces through which packets to the address go, that come from `source` if there is one (an address of this host);
// empty when it is this host itself or cannot be reached. Throws std::system_error.
std::vector<uint32_t> interfaces_to(NetlinkSocket& socket, const Address& destination, const std::optional<Address>& source);

} // namespace tmon
