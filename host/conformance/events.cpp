// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/events.hpp"

#include <cstring>

namespace tmon {

namespace {

constexpr uint64_t kStart = 5'000'000'000; // nanoseconds: a machine that has just started

tmon_event plausible(Random& random, uint64_t time_ns) {
	tmon_event event{};
	event.time_ns = time_ns;
	const bool v6 = random.one_in(3);
	event.ip_version = v6 ? 6 : 4;
	if (v6) {
		event.src[0] = event.dst[0] = 0x20;
		event.src[1] = event.dst[1] = 0x01;
		event.src[15] = static_cast<uint8_t>(random.below(8));
	} else {
		event.src[10] = event.src[11] = event.dst[10] = event.dst[11] = 0xff;
		event.src[12] = 203;
		event.src[15] = static_cast<uint8_t>(random.below(8)); // few sources, so that detectors have something to find
		event.dst[12] = 192;
	}
	event.dst[15] = static_cast<uint8_t>(random.below(4));
	constexpr uint8_t protocols[] = {TMON_PROTO_TCP, TMON_PROTO_UDP, TMON_PROTO_ICMP, TMON_PROTO_ICMPV6, TMON_PROTO_SCTP};
	event.protocol = protocols[random.below(sizeof protocols)];
	event.src_port = static_cast<uint16_t>(random.next());
	event.dst_port = static_cast<uint16_t>(random.below(2048));
	if (event.protocol == TMON_PROTO_TCP)
		event.tcp_flags = 0x02;
	event.packet_size = static_cast<uint32_t>(random.one_in(50) ? 9000 + random.below(1000) : 40 + random.below(1460));
	event.ifindex = static_cast<uint32_t>(1 + random.below(3));
	event.action = static_cast<uint8_t>(random.below(2));
	if (random.one_in(4)) {
		event.flags = TMON_EVENT_VLAN;
		event.vlan = static_cast<uint16_t>(random.below(4096));
	}
	return event;
}

} // namespace

std::vector<tmon_event> make_events(Random& random, EventKind kind, std::size_t count) {
	std::vector<tmon_event> events(count);
	uint64_t time_ns = kStart;
	for (std::size_t i = 0; i < count; ++i) {
		time_ns += random.below(1'000'000);
		tmon_event& event = events[i] = plausible(random, time_ns);
		if (kind == EventKind::every_value) {
			event.protocol = static_cast<uint8_t>(i);
			event.ip_version = static_cast<uint8_t>(i % 3 == 0 ? 0 : i % 3 == 1 ? 4 : i % 17);
			event.reason = static_cast<uint8_t>(random.one_in(2) ? random.below(TMON_REASON_COUNT) : random.next());
			event.flags = static_cast<uint8_t>(random.next());
			event.action = static_cast<uint8_t>(random.one_in(2) ? random.below(2) : random.next());
			event.tcp_flags = static_cast<uint8_t>(random.next());
			event.vlan = static_cast<uint16_t>(random.next());
			event.entry = static_cast<uint32_t>(random.next());
			event.packet_size = random.one_in(3) ? 0 : random.one_in(2) ? ~0u : event.packet_size;
		} else if (kind == EventKind::random_bytes) {
			for (std::size_t at = 0; at < sizeof event; at += sizeof(uint64_t)) {
				const uint64_t word = random.one_in(8) ? 0 : random.one_in(8) ? ~uint64_t{0} : random.next();
				std::memcpy(reinterpret_cast<unsigned char*>(&event) + at, &word, sizeof word);
			}
		}
	}
	return events;
}

} // namespace tmon
