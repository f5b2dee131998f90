// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "bpf/prefix_table.h"

#include <cstdint>
#include <span>
#include <vector>

namespace tmon {

// From `key` on the reference `value` holds.
struct Separator {
	uint64_t key;
	uint32_t value;
};

// Makes the nodes of prefix trees; they are appended to the units of a table.
class PrefixNodes {
public:
	explicit PrefixNodes(std::vector<tmon_prefix_unit>& units) : units_(units) {}

	// A node for the keys `low` to `high` (inclusive, below 2^63, high bits that they share are ignored): `start` holds from
	// `low` on, then what the separators say, which ascend, lie above `low`, and differ from their neighbours.
	// Returns its index. Throws std::bad_alloc or std::length_error.
	uint32_t build(std::span<const Separator> separators, uint32_t start, uint64_t low, uint64_t high);

	// Units for a root or for nodes; the index of the first.
	uint32_t allocate(std::size_t units);

	// The most nodes on a path of what was built since the last call.
	unsigned take_depth();

	// Room for references that go where the values go; the position of the first among them.
	uint32_t reserve_words(std::size_t count);
	void set_word(uint32_t position, uint32_t reference) { values_[position] = reference; }

	// Appends the values that nodes refer to and the reserved words; returns the word where they begin. Nothing can be
	// built afterwards.
	uint32_t append_values();

private:
	void fill(uint32_t index, std::span<const Separator> separators, uint32_t start, uint64_t low, uint64_t high,
	          unsigned depth);
	void fill_leaf(uint32_t index, std::span<const Separator> separators, uint32_t start);

	std::vector<tmon_prefix_unit>& units_;
	std::vector<uint32_t> values_;
	std::vector<uint32_t> with_values_; // nodes
	unsigned depth_ = 0;
};

// Units that a table can have: a word of it has to be counted in 32 bits.
inline constexpr std::size_t kPrefixUnitsMax = std::size_t{1} << 28;

} // namespace tmon
