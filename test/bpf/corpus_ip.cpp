// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/corpus.hpp"

namespace tmon::corpus {

using namespace packet;

namespace {

constexpr Fate undecidable = Fate::undecidable, denied = Fate::denied, permitted = Fate::permitted;

} // namespace

std::vector<Item> ipv4() {
	std::vector<Item> items;
	for (uint8_t version = 0; version < 16; ++version) {
		const bool right = version == 4;
		items.push_back({"type IPv4, version " + std::to_string(version),
		                 Ethernet{} / stranger4({.version = version}) / UDP{} / Payload(20),
		                 right ? denied : undecidable, right ? 0 : TMON_REASON_BAD_VERSION});
	}
	items.push_back({"type IPv4, an IPv6 packet", Ethernet{.type = 0x0800} / stranger6() / UDP{}, undecidable,
	                 TMON_REASON_BAD_VERSION});
	for (uint8_t ihl = 0; ihl < 16; ++ihl) {
		const unsigned bytes = ihl * 4u;
		items.push_back({"header length " + std::to_string(ihl) + " in 48 bytes",
		                 Ethernet{} / stranger4({.ihl = ihl}) / UDP{} / Payload(20),
		                 ihl < 5 || bytes > 48 ? undecidable : denied,
		                 ihl < 5 || bytes > 48 ? TMON_REASON_BAD_HEADER : 0});
		items.push_back({"header length " + std::to_string(ihl) + ", permitted source",
		                 Ethernet{} / IPv4{.ihl = ihl} / UDP{} / Payload(60), ihl < 5 ? undecidable : permitted,
		                 ihl < 5 ? TMON_REASON_BAD_HEADER : 0});
	}
	for (std::size_t options = 4; options <= 40; options += 4)
		items.push_back({"options", Ethernet{} / stranger4({.options = Bytes(options, 1)}) / TCP{}, denied});
	for (const unsigned total : {0u, 1u, 19u, 20u, 21u, 23u, 24u, 27u, 28u, 47u, 48u, 49u, 1500u, 65535u})
		for (const uint8_t protocol : std::initializer_list<uint8_t>{6, 17})
			items.push_back(
			    {"total length " + std::to_string(total),
			     Ethernet{} /
			         stranger4({.protocol = protocol, .total_length = static_cast<uint16_t>(total)}) /
			         Payload(28),
			     total < 20 ? undecidable : denied, total < 20 ? TMON_REASON_BAD_HEADER : 0});
	const auto fragments = [&](const char* name, bool more, uint16_t offset) {
		for (const std::size_t size : {0u, 1u, 8u, 13u, 14u, 40u}) {
			const std::string text = std::string(name) + " fragment of " + std::to_string(size);
			items.push_back(
			    {text,
			     Ethernet{} /
			         stranger4({.more_fragments = more, .fragment_offset = offset, .protocol = 6}) /
			         Payload(size),
			     denied});
			items.push_back(
			    {text + ", permitted",
			     Ethernet{} / IPv4{.more_fragments = more, .fragment_offset = offset, .protocol = 17} /
			         Payload(size),
			     permitted});
		}
	};
	fragments("first", true, 0);
	fragments("tiny overlapping", true, 1);
	fragments("middle", true, 185);
	fragments("last", false, 370);
	fragments("beyond the largest datagram, last", false, 8191);
	items.push_back(
	    {"do not fragment is no fragment", Ethernet{} / stranger4({.dont_fragment = true}) / UDP{}, denied});
	for (unsigned protocol = 0; protocol < 256; ++protocol)
		items.push_back({"protocol " + std::to_string(protocol),
		                 Ethernet{} / stranger4({.protocol = static_cast<uint8_t>(protocol)}) / Payload(30),
		                 denied});
	return items;
}

namespace {

void add_ipv6_headers(std::vector<Item>& items) {
	for (uint8_t version = 0; version < 16; ++version) {
		const bool right = version == 6;
		items.push_back({"type IPv6, version " + std::to_string(version),
		                 Ethernet{} / stranger6({.version = version}) / UDP{} / Payload(20),
		                 right ? denied : undecidable, right ? 0 : TMON_REASON_BAD_VERSION});
	}
	items.push_back({"type IPv6, an IPv4 packet", Ethernet{.type = 0x86dd} / stranger4() / UDP{} / Payload(40),
	                 undecidable, TMON_REASON_BAD_VERSION});
	for (const unsigned payload : {0u, 1u, 3u, 4u, 7u, 8u, 13u, 14u, 28u, 29u, 1460u, 65535u})
		for (const uint8_t next : std::initializer_list<uint8_t>{0, 6, 17, 44, 51, 58, 59, 60})
			items.push_back(
			    {"payload length " + std::to_string(payload) + ", next header " + std::to_string(next),
			     Ethernet{} /
			         stranger6({.next_header = next, .payload_length = static_cast<uint16_t>(payload)}) /
			         Payload(28),
			     denied});
	for (unsigned next = 0; next < 256; ++next)
		items.push_back({"next header " + std::to_string(next),
		                 Ethernet{} / stranger6({.next_header = static_cast<uint8_t>(next)}) / Payload(64),
		                 denied});
	const Raw jumbo{{17, 0, 0xc2, 4, 0, 1, 0, 0}};
	items.push_back({"jumbogram that is none",
	                 Ethernet{} / stranger6({.next_header = 0, .payload_length = 0}) / jumbo / UDP{}, denied});
	items.push_back({"jumbogram that is none, permitted",
	                 Ethernet{} / IPv6{.next_header = 0, .payload_length = 0} / jumbo / UDP{}, permitted});
}

void add_chains(std::vector<Item>& items) {
	const Stack outer = Ethernet{} / stranger6();
	const UDP udp{.sport = 9, .dport = 10};
	items.push_back({"all extension headers",
	                 outer / HopByHop{} / DestinationOptions{} / Routing{} / Fragment{} / AuthenticationHeader{} /
	                     DestinationOptions{} / TCP{.flags = 0x3f},
	                 denied});
	items.push_back({"hop-by-hop twice", outer / HopByHop{} / HopByHop{} / udp, denied});
	items.push_back({"hop-by-hop not first", outer / DestinationOptions{} / HopByHop{} / udp, denied});
	items.push_back(
	    {"no next header, and bytes", outer / DestinationOptions{.next_header = 59} / Payload(20), denied});
	items.push_back({"ESP", outer / DestinationOptions{.next_header = 50} / Payload(20), denied});
	for (const std::size_t icv : {0u, 4u, 12u, 16u, 64u})
		items.push_back(
		    {"AH counts in units of 4", outer / AuthenticationHeader{.icv = Bytes(icv)} / udp, denied});
	for (const unsigned length : {0u, 1u, 2u, 5u, 254u, 255u}) {
		const auto lies = static_cast<uint8_t>(length);
		items.push_back({"options header of " + std::to_string(length),
		                 outer / HopByHop{.options = Bytes(30), .length = lies} / udp, denied});
		items.push_back({"AH of " + std::to_string(length),
		                 outer / AuthenticationHeader{.length = lies} / udp / Payload(60), denied});
	}
	for (int headers = 0; headers <= 12; ++headers) {
		Stack chain = outer, own = Ethernet{} / IPv6{};
		for (int i = 0; i < headers; ++i) {
			chain /= DestinationOptions{};
			own /= DestinationOptions{};
		}
		items.push_back({std::to_string(headers) + " headers", chain / udp, denied});
		items.push_back({std::to_string(headers) + " headers, permitted", own / udp, permitted});
		items.push_back({std::to_string(headers) + " long headers",
		                 [&] {
			                 Stack longer = outer;
			                 for (int i = 0; i < headers; ++i)
				                 longer /= DestinationOptions{.options = Bytes(250)};
			                 return longer / udp;
		                 }(),
		                 denied});
	}
	for (const uint8_t other : std::initializer_list<uint8_t>{135, 139, 140})
		items.push_back({"mobility, host identity, shim6",
		                 Ethernet{} / stranger6({.next_header = other}) / Raw{{17, 0, 0, 0, 0, 0, 0, 0}} / udp,
		                 denied});
	items.push_back({"extension header behind the payload length",
	                 Ethernet{} / stranger6({.payload_length = 7}) / HopByHop{} / udp, denied});
}

void add_ipv6_fragments(std::vector<Item>& items) {
	const auto fragments = [&](const char* name, bool more, uint16_t offset) {
		for (const std::size_t size : {0u, 1u, 8u, 13u, 40u}) {
			const std::string text = std::string(name) + " fragment of " + std::to_string(size);
			const Fragment fragment{.offset = offset, .more = more, .next_header = 6};
			items.push_back({text, Ethernet{} / stranger6() / fragment / Payload(size), denied});
			items.push_back(
			    {text + ", permitted", Ethernet{} / IPv6{} / fragment / Payload(size), permitted});
		}
	};
	fragments("first", true, 0);
	fragments("atomic", false, 0);
	fragments("tiny overlapping", true, 1);
	fragments("middle", true, 181);
	fragments("last", false, 362);
	fragments("beyond the largest datagram, last", false, 8191);
	items.push_back(
	    {"reserved bits are no offset", Ethernet{} / stranger6() / Fragment{.reserved = 255} / UDP{}, denied});
	items.push_back({"fragment in a fragment",
	                 Ethernet{} / stranger6() / Fragment{.more = true} / Fragment{.offset = 1} / UDP{}, denied});
	items.push_back({"first fragment without the whole chain",
	                 Ethernet{} / stranger6() / Fragment{.more = true, .next_header = 60}, denied});
}

} // namespace

std::vector<Item> ipv6() {
	std::vector<Item> items;
	add_ipv6_headers(items);
	add_chains(items);
	add_ipv6_fragments(items);
	return items;
}

} // namespace tmon::corpus
