// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/prefix_ranges.hpp"
#include "host/policy/prefix_tree.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tmon {

// The keys of the first and of the second walk; see bpf/prefix_table.h.
inline uint64_t key_of(Ipv4Space::Address address, Ipv4Space) { return address; }
inline uint64_t key_of(Ipv6Space::Address address, Ipv6Space) {
	return static_cast<uint64_t>(address >> 63) & TMON_PREFIX_KEY_MASK;
}
inline uint64_t rest_of(Ipv4Space::Address, Ipv4Space) { return 0; }
inline uint64_t rest_of(Ipv6Space::Address address, Ipv6Space) {
	return static_cast<uint64_t>(address) & TMON_PREFIX_KEY_MASK;
}

// Makes the nodes of what is permitted among IPv6 addresses: exact ones where the boundaries have room in one, CUT
// nodes and trees of them elsewhere.
class CutNodes {
public:
	using Address = Ipv6Space::Address;

	explicit CutNodes(PrefixNodes& nodes) : nodes_(nodes) {}

	// A node for the addresses from `low` to `high`, which have at least the first two bits in common and are all that
	// begin with the bits they share: `permitted` says whether they are from `low` on, and each of `starts`, which
	// ascend and lie above `low`, changes it. Returns its index. Throws std::bad_alloc or std::length_error.
	uint32_t build(std::span<const Address> starts, bool permitted, Address low, Address high);

private:
	// Neighbouring cells that are permitted, or one cell that is cut; in cells from the first of the node on.
	struct Piece {
		uint64_t begin, end;
		bool cut;
	};
	struct Range {
		std::span<const Address> starts;
		bool permitted;
		Address low, high;
	};
	class Cells;

	void fill(uint32_t index, const Range& range, unsigned depth);
	bool fill_exactly(uint32_t index, const Range& range, unsigned depth);
	void fill_cut(uint32_t index, const Range& range, const Cells& cells, std::span<const Piece> pieces, unsigned depth);
	void fill_inner(uint32_t index, const Range& range, const Cells& cells, std::span<const Piece> pieces,
	                unsigned depth);
	tmon_prefix_record record(const Range& cell, unsigned depth, bool divisible);
	uint32_t second_walk(const Range& cell);

	PrefixNodes& nodes_;
	std::vector<Separator> separators_;
};

} // namespace tmon
