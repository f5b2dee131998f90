// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"

#include <cstdint>
#include <vector>

namespace tmon {

// Indices of two entries with the same prefix.
struct Duplicate {
	std::uint32_t later = 0, earlier = 0; // the earlier is the first with this prefix
};

// All that repeat a prefix, by `later`. Sorts keys of 16 (IPv4) and 24 bytes (IPv6), not the entries.
std::vector<Duplicate> find_duplicates(const std::vector<PolicyEntry>& entries);

} // namespace tmon
