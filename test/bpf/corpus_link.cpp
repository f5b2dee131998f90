// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/corpus.hpp"

namespace tmon::corpus {

using namespace packet;

namespace {

std::string hex(unsigned value) {
	static constexpr char digits[] = "0123456789abcdef";
	std::string text = "0x";
	for (int shift = 12; shift >= 0; shift -= 4)
		text += digits[value >> shift & 15];
	return text;
}

const Stack denied4 = stranger4() / UDP{} / Payload(20);
const Stack denied6 = stranger6() / UDP{} / Payload(20);
const Stack permitted4 = IPv4{} / UDP{} / Payload(20);

void add_tags(std::vector<Item>& items) {
	for (const unsigned tpid : {0x8100u, 0x88a8u, 0x9100u, 0x9200u, 0x9300u}) {
		for (uint16_t tags = 0; tags <= 5; ++tags) {
			for (const uint16_t id : std::initializer_list<uint16_t>{0, 1, 4095}) {
				Stack outer = Ethernet{};
				for (int i = 0; i < tags; ++i)
					outer /= Vlan{.id = id, .priority = 5, .tpid = static_cast<uint16_t>(tpid)};
				const std::string name =
				    std::to_string(tags) + " tags " + hex(tpid) + " id " + std::to_string(id);
				const bool deep = tags > 2;
				const unsigned reason = deep ? TMON_REASON_VLAN_DEPTH : TMON_REASON_NOT_PERMITTED;
				items.push_back(
				    {name, outer / denied4, deep ? Fate::undecidable : Fate::denied, reason});
				items.push_back({name + ", IPv6", outer / denied6,
				                 deep ? Fate::undecidable : Fate::denied, reason});
				items.push_back({name + ", permitted", outer / permitted4,
				                 deep ? Fate::undecidable : Fate::permitted, reason});
				items.push_back(
				    {name + ", ARP", outer / Arp{}, deep ? Fate::undecidable : Fate::arp, reason});
				items.push_back({name + ", experimental type", outer / Payload(46),
				                 deep ? Fate::undecidable : Fate::non_ip, reason});
			}
		}
	}
	items.push_back(
	    {"a priority tag, a tag", Ethernet{} / Vlan{.priority = 7} / Vlan{.id = 9} / denied4, Fate::denied});
	items.push_back({"three kinds of tag",
	                 Ethernet{} / Vlan{.tpid = 0x88a8} / Vlan{.tpid = 0x9100} / Vlan{} / denied4, Fate::undecidable,
	                 TMON_REASON_VLAN_DEPTH});
	items.push_back(
	    {"numbers beside those of tags", Ethernet{.type = 0x9400} / Vlan{.type = 0x0800} / denied4, Fate::non_ip});
}

Raw snap(unsigned organisation, unsigned type) {
	const auto octet = [](unsigned value) { return static_cast<uint8_t>(value); };
	return {{0xaa, 0xaa, 3, octet(organisation >> 16), octet(organisation >> 8), octet(organisation),
	         octet(type >> 8), octet(type)}};
}

void add_lengths(std::vector<Item>& items) {
	for (const uint16_t length : std::initializer_list<uint16_t>{0, 1, 46, 56, 1500, 0x5ff}) {
		const Ethernet ethernet{.type = length};
		const std::string name = "802.3 length " + std::to_string(length);
		items.push_back({name + ", no LLC known", ethernet / Payload(46), Fate::non_ip});
		items.push_back(
		    {name + ", spanning tree", ethernet / Raw{{0x42, 0x42, 3}} / Payload(43), Fate::non_ip});
		items.push_back({name + ", raw IPX", ethernet / Raw{{0xff, 0xff}} / Payload(44), Fate::non_ip});
		items.push_back({name + ", IP without LLC", ethernet / denied4, Fate::non_ip});
		items.push_back({name + ", SAP 6", ethernet / Raw{{6, 6, 3}} / denied4, Fate::non_ip});
		for (const unsigned organisation : {0x000000u, 0x0000f8u}) {
			items.push_back(
			    {name + ", SNAP IPv4", ethernet / snap(organisation, 0x0800) / denied4, Fate::denied});
			items.push_back(
			    {name + ", SNAP IPv6", ethernet / snap(organisation, 0x86dd) / denied6, Fate::denied});
			items.push_back({name + ", SNAP permitted", ethernet / snap(organisation, 0x0800) / permitted4,
			                 Fate::permitted});
			items.push_back(
			    {name + ", SNAP ARP", ethernet / snap(organisation, 0x0806) / Arp{}, Fate::arp});
			items.push_back({name + ", SNAP with a tag",
			                 ethernet / snap(organisation, 0x8100) / Vlan{.type = 0x0800} / denied4,
			                 Fate::non_ip});
			items.push_back({name + ", SNAP, wrong version",
			                 ethernet / snap(organisation, 0x86dd) / stranger4() / Payload(40),
			                 Fate::undecidable, TMON_REASON_BAD_VERSION});
		}
		items.push_back({name + ", SNAP of Cisco", ethernet / snap(0x00000c, 0x0800) / denied4, Fate::non_ip});
		items.push_back({name + ", SNAP in a tag",
		                 Ethernet{} / Vlan{.id = 1, .type = length} / snap(0, 0x0800) / denied4, Fate::denied});
		items.push_back(
		    {name + ", too short for LLC/SNAP", ethernet / Raw{{0xaa, 0xaa, 3, 0, 0, 0, 8}}, Fate::non_ip});
	}
	items.push_back(
	    {"type 0x0600 is none that is known", Ethernet{.type = 0x0600} / snap(0, 0x0800) / denied4, Fate::non_ip});
	items.push_back({"SNAP, another control field",
	                 Ethernet{.type = 60} / Raw{{0xaa, 0xaa, 0xf3, 0, 0, 0, 8, 0}} / denied4, Fate::non_ip});
}

Raw pppoe(uint8_t first, uint8_t code, Bytes protocol) {
	Bytes bytes{first, code, 0, 1, 0, 60};
	bytes.insert(bytes.end(), protocol.begin(), protocol.end());
	return {bytes};
}

void add_pppoe(std::vector<Item>& items) {
	const Ethernet session{.type = 0x8864};
	items.push_back({"PPPoE discovery", Ethernet{.type = 0x8863} / pppoe(0x11, 9, {}) / Payload(40), Fate::non_ip});
	items.push_back({"PPPoE IPv4", session / pppoe(0x11, 0, {0, 0x21}) / denied4, Fate::denied});
	items.push_back({"PPPoE IPv6", session / pppoe(0x11, 0, {0, 0x57}) / denied6, Fate::denied});
	items.push_back({"PPPoE IPv4 permitted", session / pppoe(0x11, 0, {0, 0x21}) / permitted4, Fate::permitted});
	items.push_back({"PPPoE in a tag",
	                 Ethernet{} / Vlan{.id = 7, .type = 0x8864} / pppoe(0x11, 0, {0, 0x21}) / denied4,
	                 Fate::denied});
	items.push_back({"PPPoE, protocol compressed", session / pppoe(0x11, 0, {0x21}) / denied4, Fate::denied});
	items.push_back({"PPPoE, protocol compressed, IPv6", session / pppoe(0x11, 0, {0x57}) / denied6, Fate::denied});
	items.push_back(
	    {"PPPoE, strange version and code", session / pppoe(0x22, 0xa7, {0, 0x21}) / denied4, Fate::denied});
	items.push_back({"PPPoE, wrong version inside", session / pppoe(0x11, 0, {0, 0x21}) / denied6,
	                 Fate::undecidable, TMON_REASON_BAD_VERSION});
	items.push_back({"PPPoE, IP cut", Bytes(session / pppoe(0x11, 0, {0, 0x21}) / Payload(19)), Fate::undecidable,
	                 TMON_REASON_TRUNCATED});
	items.push_back({"PPPoE, cut in the PPP protocol", Bytes(session / pppoe(0x11, 0, {0})), Fate::undecidable,
	                 TMON_REASON_TRUNCATED});
	for (const Bytes& protocol :
	     {Bytes{0xc0, 0x21}, {0x80, 0x21}, {0, 0xfd}, {0, 0x2d}, {0, 0x3d}, {2, 0x81}, {0xff, 0x03}})
		items.push_back(
		    {"PPPoE, another protocol", session / pppoe(0x11, 0, protocol) / denied4, Fate::non_ip});
	items.push_back({"router advertisement over PPPoE",
	                 session / pppoe(0x11, 0, {0, 0x57}) / stranger6({.hop_limit = 255}) / ICMPv6{.type = 134},
	                 Fate::neighbour_discovery});
}

void add_types(std::vector<Item>& items) {
	// RARP, AppleTalk, AARP, IPX, EAPOL, LLDP, PTP, MPLS, MACsec, batman-adv, PROFINET, FCoE, AoE, TIPC, HSR, NSH,
	// TRILL, transparent bridging, loopback test: nothing that the stack takes as IP where it arrives.
	for (const unsigned type :
	     {0x8035u, 0x809bu, 0x80f3u, 0x8137u, 0x888eu, 0x88ccu, 0x88f7u, 0x8847u, 0x8848u, 0x88e5u, 0x4305u,
	      0x8892u, 0x8906u, 0x88a2u, 0x88cau, 0x892fu, 0x894fu, 0x22f3u, 0x6558u, 0x9000u, 0x0801u, 0xffffu}) {
		items.push_back(
		    {"type " + hex(type), Ethernet{.type = static_cast<uint16_t>(type)} / denied4, Fate::non_ip});
		items.push_back({"type " + hex(type) + " in a tag",
		                 Ethernet{} / Vlan{.id = 2, .type = static_cast<uint16_t>(type)} / denied6,
		                 Fate::non_ip});
	}
	items.push_back(
	    {"MPLS, one label, IPv4", Ethernet{.type = 0x8847} / Raw{{0, 1, 1, 64}} / denied4, Fate::non_ip});
	items.push_back({"MPLS, explicit null", Ethernet{.type = 0x8847} / Raw{{0, 0, 1, 64}} / denied4, Fate::non_ip});
	items.push_back({"ARP of two bytes", Bytes(Ethernet{.type = 0x0806} / Payload(2)), Fate::arp});
	items.push_back({"a header and nothing else", Stack(Ethernet{.type = 0x88cc}), Fate::non_ip});
}

} // namespace

std::vector<Item> link_layer() {
	std::vector<Item> items;
	add_tags(items);
	add_lengths(items);
	add_pppoe(items);
	add_types(items);
	return items;
}

} // namespace tmon::corpus
