// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A second opinion on frames, written from the RFCs and IEEE standards and from docs/packets.md, not from the
// parser: plain reads by index, nothing shared with bpf/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>

namespace tmon::oracle {

enum class Kind { by_source, arp, non_ip, undecidable };
enum class Exempt { no, neighbour_discovery, dhcp };

// What there is to know of a frame before a list of prefixes is asked. Numbers are in host byte order.
struct Judgement {
	Kind kind = Kind::non_ip;
	Exempt exempt = Exempt::no;                      // by_source only: passes although no prefix permits it
	int family = 0;                                  // 4 or 6 when addresses can be told
	std::array<uint8_t, 16> source{}, destination{}; // IPv4 as ::ffff:a.b.c.d
	unsigned reason = 0;                             // TMON_REASON_ of the undecidable
	unsigned protocol = 0;
	unsigned src_port = 0, dst_port = 0; // or ICMP type and code
	unsigned tcp_flags = 0;
	unsigned vlan = 0;
	unsigned flags = 0; // TMON_EVENT_
	std::size_t packet_size = 0;

	bool operator==(const Judgement&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Judgement& judgement);

// `readable` is the first buffer of a frame of `length` bytes in all.
Judgement judge(std::span<const uint8_t> readable, std::size_t length);

} // namespace tmon::oracle
