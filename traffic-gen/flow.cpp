// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/flow.hpp"

#include <algorithm>
#include <iterator>

namespace tmon {

using namespace packet;

namespace {

constexpr uint16_t tcp_services[] = {443, 443, 443, 80, 22, 25, 993, 5432, 8080};
constexpr uint16_t udp_services[] = {53, 53, 443, 123, 1194, 51820};

template <std::size_t N>
uint16_t pick(const uint16_t (&ports)[N], Random& random) {
	return ports[random.below(static_cast<uint32_t>(N))];
}

} // namespace

Flow::Flow(const Endpoints& endpoints, uint32_t mtu, Random& random) : endpoints_(endpoints), mtu_(mtu) {
	sport_ = random.port(32768, 60999); // the ephemeral ports of Linux
	ip_id_ = static_cast<uint16_t>(random.bits());
	if (const uint32_t kind = random.below(10); kind < 6) {
		protocol_ = Protocol::tcp;
		dport_ = pick(tcp_services, random);
		seq_ = static_cast<uint32_t>(random.bits());
		ack_ = static_cast<uint32_t>(random.bits());
		remaining_ = random.between(4, 40);
	} else if (kind < 9) {
		protocol_ = Protocol::udp;
		dport_ = pick(udp_services, random);
		remaining_ = dport_ == 443 ? random.between(5, 30) : random.between(1, 3);
	} else {
		protocol_ = Protocol::icmp;
		remaining_ = random.between(1, 10);
	}
}

Stack Flow::ip() {
	const Ethernet ethernet{.dst = endpoints_.dst_mac, .src = endpoints_.src_mac};
	if (const auto* src = std::get_if<Ipv4Address>(&endpoints_.src)) {
		return ethernet / IPv4{.src = *src,
				       .dst = std::get<Ipv4Address>(endpoints_.dst),
				       .id = ip_id_++,
				       .dont_fragment = protocol_ == Protocol::tcp};
	}
	return ethernet /
	       IPv6{.src = std::get<Ipv6Address>(endpoints_.src), .dst = std::get<Ipv6Address>(endpoints_.dst)};
}

uint32_t Flow::segment_size(Random& random) const {
	const uint32_t largest = mtu_ - 40 - 20; // fits IPv6 too
	switch (random.below(4)) {
	case 0:
		return largest;
	case 1:
		return 0; // a bare acknowledgement
	default:
		return random.between(1, std::min(600u, largest));
	}
}

void Flow::next_tcp(Random& random, Bytes& out) {
	const bool first = sent_ == 0;
	const bool last = remaining_ == 1;
	TCP tcp{.sport = sport_, .dport = dport_, .seq = seq_, .ack = ack_, .flags = tcp_flag::ack};
	uint32_t size = 0;
	if (first) {
		tcp.flags = tcp_flag::syn;
		tcp.ack = 0;
		tcp.options = {2, 4, 0x05, 0xb4, 1, 1, 4, 2}; // MSS 1460, SACK permitted
	} else if (last) {
		tcp.flags |= tcp_flag::fin;
	} else if (sent_ > 1) {
		size = segment_size(random);
		if (size > 0)
			tcp.flags |= tcp_flag::psh;
		ack_ += random.below(1461); // what the other side has sent meanwhile
	}
	seq_ += first ? 1 : size;
	Stack stack = ip();
	stack /= std::move(tcp);
	if (size > 0)
		stack /= Payload(size);
	stack.append_to(out);
}

void Flow::next(Random& random, Bytes& out) {
	const bool v6 = std::holds_alternative<Ipv6Address>(endpoints_.src);
	if (protocol_ == Protocol::tcp) {
		next_tcp(random, out);
	} else if (protocol_ == Protocol::udp) {
		const uint32_t largest = mtu_ - 40 - 8;
		const uint32_t size = dport_ == 123   ? 48 // NTP
				      : dport_ == 443 ? random.between(25, std::min(1252u, largest))
						      : random.between(24, 200);
		(ip() / UDP{.sport = sport_, .dport = dport_} / Payload(size)).append_to(out);
	} else if (const auto sequence = static_cast<uint16_t>(sent_ + 1); v6) {
		(ip() / ICMPv6{.id = sport_, .sequence = sequence} / Payload(56)).append_to(out);
	} else {
		(ip() / ICMP{.id = sport_, .sequence = sequence} / Payload(56)).append_to(out);
	}
	++sent_;
	--remaining_;
}

} // namespace tmon
