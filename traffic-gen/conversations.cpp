// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/conversations.hpp"

#include "traffic-gen/ranges.hpp"

namespace tmon {

using namespace packet;

namespace {

constexpr uint32_t concurrent = 64; // in each family

} // namespace

bool draw_v6(const ScenarioOptions& options, Random& random) {
	return options.families == Families::v6 || (options.families == Families::both && random.chance(2));
}

Traits Conversations::next(Random& random, Bytes& out) {
	const bool v6 = draw_v6(options_, random);
	auto& pool = pools_[v6 ? 1 : 0];
	const uint32_t slot = random.below(concurrent);
	while (pool.size() <= slot)
		pool.push_back(begin(v6, random));
	Flow& flow = pool[slot];
	if (flow.done())
		flow = begin(v6, random);
	flow.next(random, out);
	return {permitted_ ? Verdict::permitted : Verdict::denied, v6 ? Family::v6 : Family::v4, flow.protocol()};
}

Flow Conversations::begin(bool v6, Random& random) const {
	const IpAddress dst = v6 ? IpAddress(options_.dst6) : IpAddress(options_.dst);
	return Flow({options_.src_mac, options_.dst_mac, source(v6, random), dst}, options_.mtu, random);
}

IpAddress Conversations::source(bool v6, Random& random) const {
	for (;;) {
		if (v6) {
			const auto src = permitted_ ? random_permitted6(random) : random_documentation6(random);
			if (src != options_.dst6)
				return src;
		} else {
			const auto src = permitted_ ? random_permitted4(random) : random_documentation4(random);
			if (src != options_.dst)
				return src;
		}
	}
}

} // namespace tmon
