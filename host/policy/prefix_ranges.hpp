// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tmon {

// How the addresses of a family are counted: IPv4 as 32 bits in 64, IPv6 as all 128.
struct Ipv4Space {
	using Address = uint64_t;
	static constexpr uint8_t family = 4;
	static constexpr unsigned bits = 32;
};
struct Ipv6Space {
	__extension__ using Address = unsigned __int128;
	static constexpr uint8_t family = 6;
	static constexpr unsigned bits = 128;
};

// What the prefixes of one family say, without overlaps. Ranges go on until the next one begins.
template <class Space>
struct PrefixRanges {
	using Address = typename Space::Address;

	// Ascending; a permitted range begins at the first, ends before the second, and so on.
	std::vector<Address> permitted;

	// Ascending; from here on whatever is not permitted has this decision (see bpf/prefix_table.h). Before the
	// first it is 0; neighbours differ. What lies in permitted ranges means nothing.
	struct Refused {
		Address start;
		uint32_t decision;
	};
	std::vector<Refused> refused;

	std::size_t prefixes = 0;
};

// The longest prefix decides. The n-th entry that is denied or never_drop, counted over both families from 0, gets the id
// first_id + n. Throws std::bad_alloc, or std::length_error when an id exceeds TMON_DECISION_ENTRY_MAX.
template <class Space>
PrefixRanges<Space> sweep_prefixes(std::span<const PolicyEntry> entries, uint32_t first_id);

extern template PrefixRanges<Ipv4Space> sweep_prefixes<Ipv4Space>(std::span<const PolicyEntry>, uint32_t);
extern template PrefixRanges<Ipv6Space> sweep_prefixes<Ipv6Space>(std::span<const PolicyEntry>, uint32_t);

} // namespace tmon
