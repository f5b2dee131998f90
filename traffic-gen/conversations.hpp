// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/scenario.hpp"

namespace tmon {

// Draws the family of a packet, among those wanted: whether it is IPv6.
bool draw_v6(const ScenarioOptions& options, Random& random);

// Conversations of many hosts, interleaved. A host never talks to itself: such a packet is a martian.
class Conversations {
public:
	Conversations(const ScenarioOptions& options, bool permitted) : options_(options), permitted_(permitted) {}

	Traits next(Random& random, packet::Bytes& out);

private:
	Flow begin(bool v6, Random& random) const;
	packet::IpAddress source(bool v6, Random& random) const;

	ScenarioOptions options_;
	bool permitted_;
	std::array<std::vector<Flow>, 2> pools_;
};

} // namespace tmon
