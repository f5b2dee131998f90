// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The fields of the default record that are not simply members of the event.
#pragma once

#include "traffic_monitor/event.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tmon::format {

enum class Protocol : uint8_t { unknown, tcp, udp, icmp, icmpv6, gre, esp, ah, sctp, count };

constexpr std::string_view protocol_names[] = {"Unknown", "TCP", "UDP", "ICMP", "ICMPv6", "GRE", "ESP", "AH", "SCTP"};
static_assert(sizeof protocol_names / sizeof *protocol_names == static_cast<std::size_t>(Protocol::count));

constexpr Protocol protocol_of(uint8_t number) {
	switch (number) {
	case TMON_PROTO_TCP: return Protocol::tcp;
	case TMON_PROTO_UDP: return Protocol::udp;
	case TMON_PROTO_ICMP: return Protocol::icmp;
	case TMON_PROTO_ICMPV6: return Protocol::icmpv6;
	case 47: return Protocol::gre;
	case 50: return Protocol::esp;
	case 51: return Protocol::ah;
	case TMON_PROTO_SCTP: return Protocol::sctp;
	default: return Protocol::unknown;
	}
}
constexpr std::string_view name_of(Protocol protocol) { return protocol_names[static_cast<std::size_t>(protocol)]; }

// What the record shows as ports. The default schema has no fields for an ICMP type and code, and a
// reader must not take them for ports: there they are 0.
struct Ports {
	uint16_t source, destination;
};
inline Ports ports_of(const tmon_event& event) {
	if (event.protocol == TMON_PROTO_ICMP || event.protocol == TMON_PROTO_ICMPV6)
		return {0, 0};
	return {event.src_port, event.dst_port};
}

// Octets of the source address as flow_hash sees them; 0.0.0.0 where there was no IP header.
struct Octets {
	const uint8_t* data;
	std::size_t size;
};
inline Octets source_octets(const tmon_event& event) {
	static constexpr uint8_t none[4] = {};
	if (event.ip_version == 6)
		return {event.src, 16};
	return {event.ip_version == 4 ? event.src + 12 : none, 4};
}

// Groups records by source, source port and protocol. Weak by design: existing logs and their readers
// have it. Uses the port that the record shows.
inline uint32_t flow_hash(const tmon_event& event) {
	const Octets octets = source_octets(event);
	uint32_t hash = 0;
	for (std::size_t i = 0; i < octets.size; ++i)
		hash = hash * 31 + octets.data[i];
	return hash + ports_of(event).source + event.protocol;
}

} // namespace tmon::format
