// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Two sets that permit and deny the opposite of each other, numbered packets from the sources of both, and whether what
// has been reported can be explained by the one set or the other, each as a whole.
#pragma once

#include "test/e2e/wire.hpp"

#include <traffic_monitor/event.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace tmon::test {

// Packet number n is from source n % 4.
inline constexpr const char* kSetSources[4] = {"10.1.0.1", "fd01::1", "10.2.0.1", "fd02::1"};
inline constexpr const char* kSetPrefixes[4] = {"10.1.0.0/16", "fd01::/16", "10.2.0.0/16", "fd02::/16"};

// Generations count from 1. Those with an odd number permit sources 2 and 3 and deny 0 and 1 by an entry each, in this
// order; the even ones permit 0 and 1 and deny 2 and 3.
inline bool denied_in(uint32_t generation, uint32_t source) { return (source < 2) == (generation % 2 == 1); }

// One packet after the other, with its number in its ports; no more under way than the interface has room for, so that
// none is lost on the way.
class NumberedSender {
public:
	NumberedSender(const Wire& wire, uint32_t packets_per_second);

	// Sends until `stop`, and returns how many. What the interface has received is asked of the kernel.
	uint32_t run(const std::atomic<bool>& stop);

	// Packets that have arrived. [any-thread]
	uint32_t arrived() const { return arrived_.load(); }

private:
	uint32_t received() const;

	const Wire& wire_;
	FrameSender sender_;
	uint32_t rate_;
	std::atomic<uint32_t> arrived_ = 0;
};

struct Explanation {
	std::string fault;        // the first; empty when all is explained
	uint32_t generations = 0; // that have denied something
};

// Of numbered packets 0 to sent - 1, which met generations 1 to `last`, those in `events` were reported; the order does
// not matter. Generation g has the entries 2 * g - 1 and 2 * g, or, when there are only `cycle` (even) programs that
// come in turn, those of the first generation with the same program.
Explanation explain(std::vector<tmon_event> events, uint32_t sent, uint32_t last, uint32_t action,
                    uint32_t cycle = 1u << 30);

} // namespace tmon::test
