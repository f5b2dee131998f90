// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "bpf/classify.h"
#include "test/bpf/oracle.hpp"

#include <cstring>
#include <memory>

namespace tmon::test {

// What the natively compiled parser says of a frame, in the oracle's terms. It works on a copy of exactly the
// readable size, so that a sanitizer sees every read behind it.
inline oracle::Judgement judge_natively(std::span<const uint8_t> readable, std::size_t length) {
	const std::unique_ptr<uint8_t[]> copy(new uint8_t[readable.size()]);
	if (!readable.empty())
		std::memcpy(copy.get(), readable.data(), readable.size());
	const uint8_t* end = copy.get() + readable.size();
	tmon_frame frame;
	const tmon_network network = tmon_classify(copy.get(), end, static_cast<uint32_t>(length), &frame);
	const tmon_exemption exemption = tmon_exempt(&frame, end);

	oracle::Judgement said;
	said.kind = network == TMON_NETWORK_ARP           ? oracle::Kind::arp
	            : network == TMON_NETWORK_OTHER       ? oracle::Kind::non_ip
	            : network == TMON_NETWORK_UNDECIDABLE ? oracle::Kind::undecidable
	                                                  : oracle::Kind::by_source;
	said.exempt = exemption == TMON_EXEMPT_ND     ? oracle::Exempt::neighbour_discovery
	              : exemption == TMON_EXEMPT_DHCP ? oracle::Exempt::dhcp
	                                              : oracle::Exempt::no;
	said.family = frame.ip_version;
	if (frame.ip_version == 4) {
		said.source[10] = said.source[11] = said.destination[10] = said.destination[11] = 0xff;
		std::memcpy(said.source.data() + 12, tmon_source(&frame), 4);
		std::memcpy(said.destination.data() + 12, tmon_source(&frame) + 4, 4);
	} else if (frame.ip_version == 6) {
		std::memcpy(said.source.data(), tmon_source(&frame), 16);
		std::memcpy(said.destination.data(), tmon_source(&frame) + 16, 16);
	}
	said.reason = frame.reason;
	said.protocol = frame.protocol;
	said.src_port = frame.src_port;
	said.dst_port = frame.dst_port;
	said.tcp_flags = frame.tcp_flags;
	said.vlan = frame.vlan;
	said.flags = frame.flags;
	said.packet_size = tmon_packet_size(&frame);
	return said;
}

} // namespace tmon::test
