// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Frames made to slip past the filter, by theme, and what becomes of each when 10.0.0.0/8 and fd00::/8 are permitted.
#pragma once

#include "traffic-gen/packet.hpp"

#include "traffic_monitor/event.h"

#include <string>
#include <vector>

namespace tmon::corpus {

enum class Fate { permitted, denied, undecidable, arp, neighbour_discovery, dhcp, non_ip };

struct Item {
	std::string name;
	packet::Bytes frame;
	Fate fate;
	unsigned reason = TMON_REASON_NOT_PERMITTED; // of the undecidable
};

std::vector<Item> link_layer(); // tags, lengths, LLC/SNAP, PPPoE, everything with another EtherType
std::vector<Item> ipv4();       // versions, lengths, options, fragments
std::vector<Item> ipv6();       // versions, lengths, extension chains, fragments, jumbograms
std::vector<Item> sources();    // odd sources, tunnels
std::vector<Item> exempt();     // neighbour discovery, DHCP, and what only looks like them

std::vector<Item> all();

// 198.51.100.7 -> 10.0.0.1 and 2001:db8::7 -> fd00::1: not permitted.
packet::IPv4 stranger4(packet::IPv4 change = {});
packet::IPv6 stranger6(packet::IPv6 change = {});

} // namespace tmon::corpus
