// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A filter that is loaded and not attached, given one frame at a time.
#pragma once

#include "host/filter/capabilities.hpp"
#include "host/filter/xdp_filter.hpp"
#include "host/ring/event_rings.hpp"
#include "host/stats/totals.hpp"
#include "test/support/xdp_test_run.hpp"
#include "traffic-gen/packet.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace tmon::test {

constexpr uint32_t kPass = 2, kDrop = 1; // enum xdp_action

// A global fixture: loads with the capabilities that the host keeps, and no others; stays on one CPU, so that one ring
// gets all events.
struct FilterProcess {
	FilterProcess() {
		if (geteuid() != 0)
			return;
		cpu_set_t cpus;
		CPU_ZERO(&cpus);
		CPU_SET(0, &cpus);
		BOOST_REQUIRE(sched_setaffinity(0, sizeof cpus, &cpus) == 0);
		BOOST_REQUIRE(keep_only_filter_capabilities());
	}
};

inline Prefix prefix(const std::string& text) { return std::get<Prefix>(parse_prefix(text)); }

inline PolicyEntry entry(const std::string& text, EntryClass kind = EntryClass::permitted, std::string name = {}) {
	return {prefix(text), kind, std::move(name), {}};
}

inline FilterOptions filter_options(std::vector<PolicyEntry> entries, bool drop) {
	FilterOptions options;
	options.rules.policy.entries = std::move(entries);
	options.rules.drop = drop;
	options.interfaces = {{if_nametoindex("lo"), "lo"}};
	options.ring_bytes = 64 * 1024;
	return options;
}

class LoadedFilter {
public:
	explicit LoadedFilter(const FilterOptions& options) : filter(options), rings(filter.rings_descriptor()) {}

	uint32_t run(const packet::Bytes& frame) { return xdp_test_run(filter.program_descriptor(0), frame); }

	// The one event since the last call, if any.
	std::optional<tmon_event> next_event() {
		const RingRead read = rings.read(0, cursor, buffer);
		BOOST_TEST(read.lost == 0u);
		BOOST_TEST(read.count <= 1u);
		if (read.count == 0)
			return std::nullopt;
		tmon_event event;
		std::memcpy(&event, buffer.event(read.first), sizeof event);
		return event;
	}

	uint64_t packets(tmon_verdict verdict) const {
		uint64_t sum = 0;
		for (const tmon_count& count : filter.counters(0).verdicts[verdict])
			sum += count.packets;
		return sum;
	}

	PacketTotals totals() const {
		PacketTotals totals;
		totals.add(filter.counters(0));
		return totals;
	}

	XdpFilter filter;
	EventRings rings;
	EventBuffer buffer{16};
	uint64_t cursor = 0;
};

} // namespace tmon::test
