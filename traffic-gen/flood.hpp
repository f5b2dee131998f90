// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/conversations.hpp"
#include "traffic-gen/spoofed_sources.hpp"

namespace tmon {

// The sources of a flood, all denied: each packet's another, or drawn from a pool of options.sources.
class FloodSources {
public:
	FloodSources(const ScenarioOptions& options, uint64_t pool);

	packet::IpAddress next(Random& random);

	// All of a pool.
	std::vector<packet::IpAddress> all() const;

private:
	packet::IpAddress pooled(uint64_t number) const;

	ScenarioOptions options_;
	uint64_t pool_; // 0: without end
	uint64_t used_ = 0;
	SpoofedSources addresses_;
};

// Small packets to a few services, as floods are.
class Flood {
public:
	explicit Flood(const ScenarioOptions& options);

	Traits next(Random& random, packet::Bytes& out);

private:
	ScenarioOptions options_;
	FloodSources sources_;
};

} // namespace tmon
