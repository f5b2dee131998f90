// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix_tree.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace tmon {

namespace {

// Which bits of a key a node looks at, and in lanes of which width.
struct Window {
	unsigned shift = 0;
	unsigned shape = TMON_LANES_64;

	unsigned lanes_in_word() const { return 1u << shape; }
	std::size_t capacity() const { return std::size_t{TMON_PREFIX_SEPARATORS} << shape; }
};

// `used`: all separators' keys or'ed; `spread`: the exclusive or of the lowest and highest key.
Window window_of(uint64_t used, uint64_t spread) {
	const auto shift = static_cast<unsigned>(used ? std::countr_zero(used) : 0);
	const auto top = static_cast<unsigned>(std::bit_width(spread));
	const unsigned needed = top > shift ? top - shift : 0;
	return {shift, needed <= 15 ? TMON_LANES_16 : needed <= 31 ? TMON_LANES_32 : TMON_LANES_64};
}

void clear_node(tmon_prefix_node& node, const Window& window, tmon_node_kind kind) {
	node.shift = static_cast<uint8_t>(window.shift);
	node.shape = static_cast<uint8_t>(window.shape);
	node.kind = static_cast<uint8_t>(kind);
	node.cuts = 0;
	const unsigned width = 64u >> window.shape;
	for (uint64_t& word : node.separators)
		word = tmon_lane_ones[window.shape] << (width - 1);
}

void set_separator(tmon_prefix_node& node, const Window& window, std::size_t at, uint64_t key) {
	const unsigned width = 64u >> window.shape;
	const unsigned lane = static_cast<unsigned>(at % window.lanes_in_word());
	const uint64_t mask = ~uint64_t{0} >> (64 - width);
	uint64_t& word = node.separators[at / window.lanes_in_word()];
	word = (word & ~(mask << (lane * width))) | ((key >> window.shift & mask >> 1) << (lane * width));
}

uint64_t used_bits(std::span<const Separator> separators) {
	uint64_t used = 0;
	for (const Separator& separator : separators)
		used |= separator.key;
	return used;
}

// Whether the references are permitted and not permitted in turn, and name no entry.
bool alternates(std::span<const Separator> separators, uint32_t start) {
	constexpr uint32_t yes = TMON_REFERENCE_DECIDED | TMON_DECISION_PERMITTED, no = TMON_REFERENCE_DECIDED;
	if (start != yes && start != no)
		return false;
	uint32_t expected = start;
	for (const Separator& separator : separators) {
		expected = expected == yes ? no : yes;
		if (separator.value != expected)
			return false;
	}
	return true;
}

} // namespace

uint32_t PrefixNodes::allocate(std::size_t units) {
	const std::size_t first = units_.size();
	if (first + units > kPrefixUnitsMax)
		throw std::length_error("the prefixes need more than 16 GiB");
	units_.resize(first + units);
	return static_cast<uint32_t>(first);
}

uint32_t PrefixNodes::build(std::span<const Separator> separators, uint32_t start, uint64_t low, uint64_t high) {
	const uint32_t index = allocate(1);
	fill(index, separators, start, low, high, 1);
	return index;
}

void PrefixNodes::fill(uint32_t index, std::span<const Separator> separators, uint32_t start, uint64_t low,
                       uint64_t high, unsigned depth) {
	const Window window = window_of(used_bits(separators), low ^ high);
	const std::size_t all = separators.size();
	depth_ = std::max(depth_, depth);
	if (all <= window.capacity()) {
		clear_node(units_[index].node, window, TMON_NODE_PARITY);
		for (std::size_t i = 0; i < all; ++i)
			set_separator(units_[index].node, window, i, separators[i].key);
		fill_leaf(index, separators, start);
		return;
	}
	// Even shares: child i ends before the separator at (i + 1) * (all + 1) / children - 1, which begins the next.
	const std::size_t children =
	    std::min(window.capacity() + 1, (all + window.capacity() + 1) / (window.capacity() + 1));
	const auto begins = [&](std::size_t child) { return child * (all + 1) / children - 1; };
	uint64_t used = 0;
	for (std::size_t child = 1; child < children; ++child)
		used |= separators[begins(child)].key;
	const Window coarse = window_of(used, low ^ high);
	const uint32_t base = allocate(children);
	tmon_prefix_node& node = units_[index].node;
	clear_node(node, coarse, TMON_NODE_INNER);
	node.base = base;
	for (std::size_t child = 1; child < children; ++child)
		set_separator(node, coarse, child - 1, separators[begins(child)].key);
	for (std::size_t child = 0; child < children; ++child) {
		const std::size_t from = child == 0 ? 0 : begins(child) + 1;
		const std::size_t to = child + 1 == children ? all : begins(child + 1);
		fill(base + static_cast<uint32_t>(child), separators.subspan(from, to - from),
		     child == 0 ? start : separators[from - 1].value, child == 0 ? low : separators[from - 1].key,
		     to == all ? high : separators[to].key - 1, depth + 1);
	}
}

void PrefixNodes::fill_leaf(uint32_t index, std::span<const Separator> separators, uint32_t start) {
	tmon_prefix_node& node = units_[index].node;
	if (alternates(separators, start)) {
		node.base = start & TMON_DECISION_PERMITTED ? 1 : 0;
		return;
	}
	node.kind = TMON_NODE_VALUES;
	node.base = reserve_words(separators.size() + 1);
	with_values_.push_back(index);
	set_word(node.base, start);
	for (std::size_t i = 0; i < separators.size(); ++i)
		set_word(node.base + static_cast<uint32_t>(i) + 1, separators[i].value);
}

unsigned PrefixNodes::take_depth() { return std::exchange(depth_, 0); }

uint32_t PrefixNodes::reserve_words(std::size_t count) {
	const std::size_t first = values_.size();
	if (first + count > kPrefixUnitsMax * TMON_PREFIX_WORDS - TMON_PREFIX_WORDS)
		throw std::length_error("the prefixes need more than 16 GiB");
	values_.resize(first + count);
	return static_cast<uint32_t>(first);
}

void PrefixNodes::make_cut(uint32_t index, unsigned depth, unsigned shift, bool permitted,
                           std::span<const uint64_t> separators, uint8_t cuts,
                           std::span<const tmon_prefix_record> records) {
	const Window window{shift, TMON_LANES_32};
	tmon_prefix_node& node = units_[index].node;
	depth_ = std::max(depth_, depth);
	clear_node(node, window, cuts ? TMON_NODE_CUT : TMON_NODE_PARITY);
	for (std::size_t i = 0; i < separators.size(); ++i)
		set_separator(node, window, i, separators[i]);
	node.cuts = cuts;
	node.base = permitted;
	if (!cuts)
		return;
	node.base |= static_cast<uint32_t>(records_.size()) << 1;
	with_records_.push_back(index);
	records_.insert(records_.end(), records.begin(), records.end());
}

uint32_t PrefixNodes::make_inner(uint32_t index, unsigned depth, unsigned shift, std::span<const uint64_t> separators) {
	const Window window{shift, TMON_LANES_32};
	const uint32_t base = allocate(separators.size() + 1);
	tmon_prefix_node& node = units_[index].node;
	depth_ = std::max(depth_, depth);
	clear_node(node, window, TMON_NODE_INNER);
	node.base = base;
	for (std::size_t i = 0; i < separators.size(); ++i)
		set_separator(node, window, i, separators[i]);
	return base;
}

std::size_t PrefixNodes::capacity(uint64_t used, uint64_t low, uint64_t high) {
	return window_of(used, low ^ high).capacity();
}

uint32_t PrefixNodes::append_values() {
	const std::size_t words = values_.size();
	const uint32_t first = allocate((words + TMON_PREFIX_WORDS - 1) / TMON_PREFIX_WORDS);
	for (const uint32_t index : with_values_)
		units_[index].node.base += first * TMON_PREFIX_WORDS;
	for (std::size_t i = 0; i < words; ++i)
		units_[first + i / TMON_PREFIX_WORDS].words[i % TMON_PREFIX_WORDS] = values_[i];
	const uint32_t records = allocate((records_.size() + TMON_PREFIX_RECORDS - 1) / TMON_PREFIX_RECORDS);
	for (const uint32_t index : with_records_)
		units_[index].node.base += 2 * records * TMON_PREFIX_RECORDS;
	for (std::size_t i = 0; i < records_.size(); ++i)
		units_[records + i / TMON_PREFIX_RECORDS].records[i % TMON_PREFIX_RECORDS] = records_[i];
	return first * TMON_PREFIX_WORDS;
}

} // namespace tmon
