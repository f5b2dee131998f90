// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/scenario.hpp"

#include <span>

namespace tmon {

// Draws what the shapes vary.
class ShapeMaker {
public:
	ShapeMaker(const ScenarioOptions& options, Random& random);

	bool v6() const { return v6_; }
	Random& random() const { return random_; }
	const ScenarioOptions& options() const { return options_; }

	packet::Ethernet ethernet() const { return {.dst = options_.dst_mac, .src = options_.src_mac}; }
	// From a source that may be permitted or not; judged() says what a packet from it is.
	packet::IPv4 ipv4() const { return {.src = source4_, .dst = options_.dst}; }
	packet::IPv6 ipv6() const { return {.src = source6_, .dst = options_.dst6}; }
	packet::Stack ip() const { return v6_ ? packet::Stack(ipv6()) : packet::Stack(ipv4()); }
	packet::TCP tcp() const { return {.sport = port_, .dport = 443}; }
	Traits judged(Protocol protocol = Protocol::tcp) const { return judged(v6_, protocol); }
	Traits judged(bool v6, Protocol protocol) const;
	bool permitted() const { return permitted_; }

private:
	const ScenarioOptions& options_;
	Random& random_;
	bool v6_;
	bool permitted_;
	packet::Ipv4Address source4_;
	packet::Ipv6Address source6_;
	uint16_t port_;
};

struct Shape {
	std::string_view name;
	Families families; // that it can be made of
	Traits (*make)(const ShapeMaker& maker, packet::Bytes& out);
};

// All shapes, from files by layer.
std::span<const Shape> link_shapes(); // evasion_link.cpp
std::span<const Shape> network_shapes(); // evasion_network.cpp
std::span<const Shape> neutral_shapes(); // evasion_neutral.cpp: ARP, ND, DHCP and what looks like them

// Frames in shapes that filters have been got around with, of permitted and of denied sources. Each round has every
// shape once, in another order.
std::unique_ptr<Scenario> make_evasion(const ScenarioOptions& options);

} // namespace tmon
