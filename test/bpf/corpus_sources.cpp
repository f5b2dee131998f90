// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/corpus.hpp"

namespace tmon::corpus {

using namespace packet;

IPv4 stranger4(IPv4 change) {
	change.src = "198.51.100.7";
	change.dst = "10.0.0.1";
	return change;
}

IPv6 stranger6(IPv6 change) {
	change.src = "2001:db8::7";
	change.dst = "fd00::1";
	return change;
}

std::vector<Item> sources() {
	std::vector<Item> items;
	for (const char* source :
	     {"0.0.0.0", "0.0.0.1", "9.255.255.255", "11.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.1.1",
	      "192.168.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"})
		items.push_back(
		    {std::string("source ") + source, Ethernet{} / IPv4{.src = source} / UDP{}, Fate::denied});
	for (const char* source : {"10.0.0.0", "10.0.0.1", "10.255.255.255"})
		items.push_back(
		    {std::string("source ") + source, Ethernet{} / IPv4{.src = source} / UDP{}, Fate::permitted});
	// Unspecified, loopback, link-local, multicast, IPv4-mapped and -compatible, NAT64, 6to4 and Teredo of a
	// permitted IPv4 address.
	for (const char* source : {"::", "::1", "fe80::1", "ff02::1", "fc00::1", "fe00::", "::ffff:10.0.0.1",
	                           "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1", "2001:0:a00:1::"})
		items.push_back(
		    {std::string("source ") + source, Ethernet{} / IPv6{.src = source} / UDP{}, Fate::denied});
	for (const char* source : {"fd00::", "fd00::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
		items.push_back(
		    {std::string("source ") + source, Ethernet{} / IPv6{.src = source} / UDP{}, Fate::permitted});
	const Stack inside = IPv4{} / UDP{}, inside6 = IPv6{} / UDP{};
	const Raw gre{{0, 0, 8, 0}};
	const Raw vxlan{{8, 0, 0, 0, 0, 0, 1, 0}};
	for (const bool own : {false, true}) {
		const Fate fate = own ? Fate::permitted : Fate::denied;
		const Stack outer = Ethernet{} / (own ? IPv4{} : stranger4()),
		            outer6 = Ethernet{} / (own ? IPv6{} : stranger6());
		const Stack other = own ? Stack(stranger4()) / UDP{} : inside,
		            other6 = own ? Stack(stranger6()) / UDP{} : inside6;
		const std::string name =
		    own ? "a stranger in a permitted tunnel: " : "a permitted source in a stranger's tunnel: ";
		items.push_back({name + "IPIP", outer / other, fate});
		items.push_back({name + "6in4", outer / other6, fate});
		items.push_back({name + "4in6", outer6 / other, fate});
		items.push_back({name + "6in6", outer6 / other6, fate});
		items.push_back({name + "GRE",
		                 Ethernet{} / (own ? IPv4{.protocol = 47} : stranger4({.protocol = 47})) / gre / other,
		                 fate});
		items.push_back({name + "VXLAN", outer / UDP{.dport = 4789} / vxlan / Ethernet{} / other, fate});
		items.push_back(
		    {name + "VXLAN over IPv6", outer6 / UDP{.dport = 4789} / vxlan / Ethernet{} / other, fate});
	}
	return items;
}

namespace {

void add_discovery(std::vector<Item>& items) {
	for (unsigned type = 0; type < 256; ++type) {
		const bool is = type >= 133 && type <= 137;
		const ICMPv6 message{.type = static_cast<uint8_t>(type)};
		items.push_back({"ICMPv6 type " + std::to_string(type),
		                 Ethernet{} / stranger6({.hop_limit = 255}) / message,
		                 is ? Fate::neighbour_discovery : Fate::denied});
	}
	const ICMPv6 solicitation{.type = 135};
	for (const uint8_t limit : std::initializer_list<uint8_t>{0, 1, 64, 254})
		items.push_back(
		    {"hop limit below 255", Ethernet{} / stranger6({.hop_limit = limit}) / solicitation, Fate::denied});
	items.push_back({"from the unspecified address",
	                 Ethernet{} / IPv6{.src = "::", .hop_limit = 255} / solicitation, Fate::neighbour_discovery});
	items.push_back({"of a permitted source", Ethernet{} / IPv6{.hop_limit = 255} / solicitation, Fate::permitted});
	items.push_back({"in a tag", Ethernet{} / Vlan{.id = 1} / stranger6({.hop_limit = 255}) / solicitation,
	                 Fate::neighbour_discovery});
	const Stack outer = Ethernet{} / stranger6({.hop_limit = 255});
	items.push_back({"with a code", outer / ICMPv6{.type = 135, .code = 1}, Fate::denied});
	items.push_back({"behind hop-by-hop", outer / HopByHop{} / solicitation, Fate::denied});
	items.push_back({"behind destination options", outer / DestinationOptions{} / solicitation, Fate::denied});
	items.push_back({"in an atomic fragment", outer / Fragment{} / solicitation, Fate::denied});
	items.push_back({"in a first fragment", outer / Fragment{.more = true} / solicitation, Fate::denied});
	items.push_back({"behind AH", outer / AuthenticationHeader{} / solicitation, Fate::denied});
	items.push_back({"in a tunnel", outer / IPv6{.hop_limit = 255} / solicitation, Fate::denied});
	items.push_back({"behind the payload length",
	                 Ethernet{} / stranger6({.hop_limit = 255, .payload_length = 0}) / solicitation, Fate::denied});
	items.push_back({"as IPv4", Ethernet{} / stranger4({.ttl = 255, .protocol = 58}) / solicitation, Fate::denied});
	items.push_back({"ICMP in IPv6", Ethernet{} / stranger6({.hop_limit = 255, .next_header = 1}) / solicitation,
	                 Fate::denied});
}

void add_dhcp(std::vector<Item>& items) {
	for (const uint16_t from : std::initializer_list<uint16_t>{67, 68, 546, 547, 69, 66})
		for (const uint16_t to : std::initializer_list<uint16_t>{67, 68, 546, 547}) {
			const UDP udp{.sport = from, .dport = to};
			const bool v4 = (from == 67 && to == 68) || (from == 68 && to == 67);
			const bool v6 = (from == 546 && to == 547) || (from == 547 && to == 546);
			const std::string name = "UDP " + std::to_string(from) + " to " + std::to_string(to);
			items.push_back(
			    {name, Ethernet{} / stranger4() / udp / Payload(40), v4 ? Fate::dhcp : Fate::denied});
			items.push_back({name + ", IPv6", Ethernet{} / stranger6() / udp / Payload(40),
			                 v6 ? Fate::dhcp : Fate::denied});
		}
	const UDP client{.sport = 68, .dport = 67}, client6{.sport = 546, .dport = 547};
	items.push_back({"discover",
	                 Ethernet{} / IPv4{.src = "0.0.0.0", .dst = "255.255.255.255"} / client / Payload(300),
	                 Fate::dhcp});
	items.push_back({"of a permitted source", Ethernet{} / IPv4{} / client, Fate::permitted});
	items.push_back(
	    {"in a first fragment", Ethernet{} / stranger4({.more_fragments = true}) / client, Fate::denied});
	items.push_back({"in a later fragment", Ethernet{} / stranger4({.fragment_offset = 1, .protocol = 17}) / client,
	                 Fate::denied});
	items.push_back({"behind options", Ethernet{} / stranger4({.options = {0x83, 7, 4, 10, 0, 0, 1, 0}}) / client,
	                 Fate::denied});
	items.push_back({"as TCP", Ethernet{} / stranger4() / TCP{.sport = 68, .dport = 67}, Fate::denied});
	items.push_back(
	    {"behind the total length", Ethernet{} / stranger4({.total_length = 23}) / client, Fate::denied});
	items.push_back({"IPv6, behind a routing header",
	                 Ethernet{} / stranger6() / Routing{.segments_left = 1, .data = Bytes(20)} / client6,
	                 Fate::denied});
	items.push_back({"IPv6, behind hop-by-hop", Ethernet{} / stranger6() / HopByHop{} / client6, Fate::denied});
	items.push_back({"IPv6, in an atomic fragment", Ethernet{} / stranger6() / Fragment{} / client6, Fate::denied});
	items.push_back(
	    {"IPv6, in a first fragment", Ethernet{} / stranger6() / Fragment{.more = true} / client6, Fate::denied});
	items.push_back({"in a tunnel", Ethernet{} / stranger4() / IPv4{} / client, Fate::denied});
}

} // namespace

std::vector<Item> exempt() {
	std::vector<Item> items;
	add_discovery(items);
	add_dhcp(items);
	return items;
}

std::vector<Item> all() {
	std::vector<Item> items;
	for (auto* theme : {link_layer, ipv4, ipv6, sources, exempt})
		for (Item& item : theme())
			items.push_back(std::move(item));
	return items;
}

} // namespace tmon::corpus
