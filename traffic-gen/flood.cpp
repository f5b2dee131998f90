// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/flood.hpp"

namespace tmon {

using namespace packet;

FloodSources::FloodSources(const ScenarioOptions& options, uint64_t pool)
    : options_(options), pool_(pool), addresses_(options.seed) {}

IpAddress FloodSources::pooled(uint64_t number) const {
	const bool v6 = options_.families == Families::v6 || (options_.families == Families::both && number % 2 != 0);
	return v6 ? IpAddress(addresses_.v6(number)) : IpAddress(addresses_.v4(number));
}

IpAddress FloodSources::next(Random& random) {
	if (pool_ > 0)
		return pooled(random.below(static_cast<uint32_t>(pool_)));
	const bool v6 = draw_v6(options_, random);
	const uint64_t number = used_++;
	return v6 ? IpAddress(addresses_.v6(number)) : IpAddress(addresses_.v4(number));
}

std::vector<IpAddress> FloodSources::all() const {
	std::vector<IpAddress> addresses;
	for (uint64_t number = 0; number < pool_; ++number)
		addresses.push_back(pooled(number));
	return addresses;
}

Flood::Flood(const ScenarioOptions& options) : options_(options), sources_(options, options.sources.value_or(0)) {}

Traits Flood::next(Random& random, Bytes& out) {
	const IpAddress src = sources_.next(random);
	const bool v6 = std::holds_alternative<Ipv6Address>(src);
	Stack stack = Ethernet{.dst = options_.dst_mac, .src = options_.src_mac};
	const auto id = static_cast<uint16_t>(random.bits());
	const auto ttl = static_cast<uint8_t>(random.between(40, 250));
	if (v6)
		stack /= IPv6{.src = std::get<Ipv6Address>(src), .dst = options_.dst6, .hop_limit = ttl};
	else
		stack /= IPv4{.src = std::get<Ipv4Address>(src), .dst = options_.dst, .ttl = ttl, .id = id};
	const uint16_t sport = random.port(1024, 65535);
	const uint32_t kind = random.below(10);
	if (kind < 8)
		stack /= TCP{.sport = sport, .dport = 443, .seq = static_cast<uint32_t>(random.bits())};
	else if (kind == 8)
		stack /= UDP{.sport = sport, .dport = 53} / Payload(32);
	else if (v6)
		stack /= ICMPv6{.id = sport, .sequence = id} / Payload(56);
	else
		stack /= ICMP{.id = sport, .sequence = id} / Payload(56);
	stack.append_to(out);
	return {Verdict::denied, v6 ? Family::v6 : Family::v4,
		kind < 8    ? Protocol::tcp
		: kind == 8 ? Protocol::udp
			    : Protocol::icmp};
}

} // namespace tmon
