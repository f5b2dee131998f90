// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Builds what bpf/prefix_table.h describes.
#pragma once

#include "bpf/prefix_table.h"
#include "host/policy/policy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tmon {

struct PrefixTable {
	uint8_t family = 4;
	tmon_prefix_geometry geometry{};
	std::vector<tmon_prefix_unit> units; // geometry.units of them; never empty

	std::size_t prefixes = 0; // of this family
	std::size_t permitted_ranges = 0;
	std::size_t refused_ranges = 0; // that entries refuse, each with an id of its own
	unsigned nodes_on_path = 0;     // the most that a walk visits; IPv6 may need two walks

	std::size_t bytes() const { return units.size() * sizeof(tmon_prefix_unit); }

	// A TMON_DECISION_. `source`: 4 or 16 octets in network byte order.
	uint32_t decide(const uint8_t* source) const {
		return family == 4 ? tmon_decide_v4(units.data(), &geometry, source)
		                   : tmon_decide_v6(units.data(), &geometry, source);
	}
};

// How large roots are. The defaults are what measured best; others are for measuring.
struct PrefixTableTuning {
	unsigned root_bits_max = 20;
	double ranges_per_slot_v4 = 8;
	double ranges_per_slot_v6 = 8;
	bool two_levels_v6 = true;
};

// The table of one family (4 or 6). The n-th entry that is denied or never_drop, counted over both families from
// 0, gets the id first_id + n. Throws std::bad_alloc, or std::length_error when ids or the 2^28 units that a table can
// have are exceeded.
PrefixTable build_prefix_table(std::span<const PolicyEntry> entries, uint8_t family, uint32_t first_id,
                               const PrefixTableTuning& tuning = {});

} // namespace tmon
