// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"

#include <array>
#include <cstddef>

namespace tmon {

// What one generation of programs is made for.
struct Rules {
	Policy policy;
	bool drop = false;
	bool dry_run = false; // drop nothing, mark what would be dropped
	bool trace = false;   // print each verdict to the kernel's trace pipe
};

// How many entries of each class and family there are.
struct PolicyCounts {
	// By EntryClass.
	std::array<std::size_t, 3> v4{}, v6{};

	std::size_t of(EntryClass kind) const {
		return v4[static_cast<std::size_t>(kind)] + v6[static_cast<std::size_t>(kind)];
	}
};

inline PolicyCounts count_entries(const Policy& policy) {
	PolicyCounts counts;
	for (const PolicyEntry& entry : policy.entries)
		++(entry.prefix.family == 4 ? counts.v4 : counts.v6)[static_cast<std::size_t>(entry.kind)];
	return counts;
}

} // namespace tmon
