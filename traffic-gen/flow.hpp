// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/packet.hpp"
#include "traffic-gen/random.hpp"

#include <cstdint>

namespace tmon {

// The two ends of a conversation, as seen by the receiver.
struct Endpoints {
	packet::MacAddress src_mac;
	packet::MacAddress dst_mac;
	packet::IpAddress src; // of the same family as dst
	packet::IpAddress dst;
};

enum class Protocol : uint8_t { tcp, udp, icmp, other };

// One direction of a conversation, the one that arrives: a TCP connection from its SYN to its FIN, a few
// UDP requests, or a series of pings.
class Flow {
public:
	// `mtu` bounds the IP length, from 576.
	Flow(const Endpoints& endpoints, uint32_t mtu, Random& random);

	// Appends the next packet to `out`; not when done().
	void next(Random& random, packet::Bytes& out);

	bool done() const { return remaining_ == 0; }
	Protocol protocol() const { return protocol_; }

private:
	void next_tcp(Random& random, packet::Bytes& out);
	uint32_t segment_size(Random& random) const;
	packet::Stack ip();

	Endpoints endpoints_;
	uint32_t mtu_;
	Protocol protocol_ = Protocol::tcp;
	uint32_t remaining_ = 0;
	uint32_t sent_ = 0;
	uint16_t sport_ = 0;
	uint16_t dport_ = 0;
	uint16_t ip_id_ = 0;
	uint32_t seq_ = 0;
	uint32_t ack_ = 0;
};

} // namespace tmon
