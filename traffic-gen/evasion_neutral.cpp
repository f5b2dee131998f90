// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the filter always passes, and what only looks like it.
#include "traffic-gen/evasion.hpp"

namespace tmon {

using namespace packet;

namespace {

using Maker = const ShapeMaker&;

// From a permitted source it counts as permitted, whatever it is.
Traits passed(Maker maker, bool v6, Protocol protocol) {
	Traits traits = maker.judged(v6, protocol);
	if (traits.verdict == Verdict::denied)
		traits.verdict = Verdict::unfiltered;
	return traits;
}

Traits arp(Maker maker, Bytes& out) {
	const Stack tag = maker.random().chance(2) ? maker.ethernet() / Vlan{.id = 3} : Stack(maker.ethernet());
	(tag / Arp{.operation = static_cast<uint16_t>(maker.random().between(1, 2)), .sender = maker.ipv4().src})
	    .append_to(out);
	return {Verdict::unfiltered, Family::none, Protocol::other};
}

struct Discovery {
	uint8_t hop_limit = 255;
	uint8_t code = 0;
	bool behind_options = false;
};

// A message of neighbour discovery: router solicitation to redirect.
void discovery(Maker maker, Bytes& out, const Discovery& how) {
	IPv6 ip = maker.ipv6();
	ip.hop_limit = how.hop_limit;
	Stack stack = maker.ethernet() / ip;
	if (how.behind_options)
		stack /= HopByHop{};
	const auto type = static_cast<uint8_t>(maker.random().between(133, 137));
	(stack / ICMPv6{.type = type, .code = how.code} / Payload(32)).append_to(out);
}

Traits neighbour_discovery(Maker maker, Bytes& out) {
	discovery(maker, out, {});
	return passed(maker, true, Protocol::icmp);
}

Traits routed_discovery(Maker maker, Bytes& out) {
	discovery(maker, out, {.hop_limit = static_cast<uint8_t>(maker.random().below(255))});
	return maker.judged(true, Protocol::icmp);
}

Traits discovery_with_code(Maker maker, Bytes& out) {
	discovery(maker, out, {.code = 1});
	return maker.judged(true, Protocol::icmp);
}

Traits discovery_behind_options(Maker maker, Bytes& out) {
	discovery(maker, out, {.behind_options = true});
	return maker.judged(true, Protocol::icmp);
}

UDP ports(uint16_t sport, uint16_t dport) { return {.sport = sport, .dport = dport}; }

UDP dhcp_ports(Maker maker) {
	const bool to_server = maker.random().chance(2);
	const uint16_t client = maker.v6() ? 546 : 68;
	const uint16_t server = maker.v6() ? 547 : 67;
	return to_server ? ports(client, server) : ports(server, client);
}

Traits dhcp(Maker maker, Bytes& out) {
	(maker.ethernet() / maker.ip() / dhcp_ports(maker) / Payload(240)).append_to(out);
	return passed(maker, maker.v6(), Protocol::udp);
}

Traits dhcp_fragment(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.more_fragments = true;
	const Stack headers = maker.v6() ? maker.ipv6() / Fragment{.more = true} : Stack(ip);
	(maker.ethernet() / headers / dhcp_ports(maker) / Payload(240)).append_to(out);
	return maker.judged(Protocol::udp);
}

// Ports of DHCP, but not a client's with a server's; or those of the other version.
Traits dhcp_ports_alone(Maker maker, Bytes& out) {
	constexpr std::pair<uint16_t, uint16_t> four[] = {{67, 67}, {68, 68}, {67, 53}, {546, 547}};
	constexpr std::pair<uint16_t, uint16_t> six[] = {{547, 547}, {546, 546}, {547, 53}, {68, 67}};
	const auto& [sport, dport] = (maker.v6() ? six : four)[maker.random().below(4)];
	(maker.ethernet() / maker.ip() / ports(sport, dport) / Payload(240)).append_to(out);
	return maker.judged(Protocol::udp);
}

constexpr Shape shapes[] = {
    {"ARP", Families::both, arp},
    {"neighbour discovery", Families::v6, neighbour_discovery},
    {"neighbour discovery that was routed", Families::v6, routed_discovery},
    {"neighbour discovery with a code", Families::v6, discovery_with_code},
    {"neighbour discovery behind options", Families::v6, discovery_behind_options},
    {"DHCP", Families::both, dhcp},
    {"DHCP in fragments", Families::both, dhcp_fragment},
    {"ports of DHCP", Families::both, dhcp_ports_alone},
};

} // namespace

std::span<const Shape> neutral_shapes() { return shapes; }

} // namespace tmon
