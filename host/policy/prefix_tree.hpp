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

	// A node for the keys `low` to `high` (inclusive, below 2^63, high bits that they share are ignored): `start`
	// holds from `low` on, then what the separators say, which ascend, lie above `low`, and differ from their
	// neighbours. Returns its index. Throws std::bad_alloc or std::length_error.
	uint32_t build(std::span<const Separator> separators, uint32_t start, uint64_t low, uint64_t high);

	// Units for a root or for nodes; the index of the first.
	uint32_t allocate(std::size_t units);

	// The most nodes on a path of what was built since the last call.
	unsigned take_depth();

	// Room for references that go where the values go; the position of the first among them.
	uint32_t reserve_words(std::size_t count);
	void set_word(uint32_t position, uint32_t reference) { values_[position] = reference; }

	// Makes the node `index`, allocated by the caller and `depth` deep (from 1), a CUT node: of cells of `shift` key
	// bits; `separators` are keys, at most 14, neighbours may be the same. One record for each bit of `cuts`.
	void make_cut(uint32_t index, unsigned depth, unsigned shift, bool permitted,
	              std::span<const uint64_t> separators, uint8_t cuts, std::span<const tmon_prefix_record> records);

	// Makes it an INNER node with children that begin at the separators' keys; returns the index of the first child.
	uint32_t make_inner(uint32_t index, unsigned depth, unsigned shift, std::span<const uint64_t> separators);

	// As build(), into an allocated node.
	void fill(uint32_t index, std::span<const Separator> separators, uint32_t start, uint64_t low, uint64_t high,
	          unsigned depth);

	// How many separators a node can have whose keys have these bits, or'ed, between `low` and `high`.
	static std::size_t capacity(uint64_t used, uint64_t low, uint64_t high);

	// Appends the values that nodes refer to, the reserved words, and the records; returns the word where the values
	// begin. Nothing can be built afterwards.
	uint32_t append_values();

	bool has_cuts() const { return !with_records_.empty(); }

private:
	void fill_leaf(uint32_t index, std::span<const Separator> separators, uint32_t start);

	std::vector<tmon_prefix_unit>& units_;
	std::vector<uint32_t> values_;
	std::vector<uint32_t> with_values_; // nodes
	std::vector<tmon_prefix_record> records_;
	std::vector<uint32_t> with_records_; // nodes
	unsigned depth_ = 0;
};

// Units that a table can have: a word of it has to be counted in 32 bits.
inline constexpr std::size_t kPrefixUnitsMax = std::size_t{1} << 28;

} // namespace tmon
