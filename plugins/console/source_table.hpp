// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/common/seeded_hash.hpp"
#include "traffic_monitor/event.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tmon::console {

struct Source {
	uint8_t address[16];
	uint64_t packets; // 0: an unused place
	uint64_t bytes;
	uint64_t first_ns, last_ns; // UTC
	uint32_t protocols; // bit i: format::Protocol i
	uint8_t ip_version;
};

// What each source sent, in fixed memory. In a full set the source with the fewest packets makes
// room; who then comes back begins anew, so that counts are lower bounds once evicted() is not 0.
class SourceTable {
public:
	static constexpr std::size_t ways = 8;

	// `sets` is a power of two; the table holds up to sets * ways sources.
	explicit SourceTable(uint64_t seed, std::size_t sets = 8192)
	    : hash_(seed), mask_(sets - 1), sources_(sets * ways) {}

	void add(const tmon_event& event, uint64_t utc_ns);

	// The `count` sources with the most packets, most first; ties by bytes, then by address.
	std::vector<Source> top(std::size_t count) const;
	uint64_t size() const { return size_; }
	uint64_t evicted() const { return evicted_; }
	std::size_t capacity() const { return sources_.size(); }

private:
	plugins::SeededHash hash_;
	std::size_t mask_;
	std::vector<Source> sources_;
	uint64_t size_ = 0;
	uint64_t evicted_ = 0;
};

} // namespace tmon::console
