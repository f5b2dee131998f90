// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix_table.hpp"

#include "host/policy/prefix_cuts.hpp"
#include "host/policy/prefix_ranges.hpp"
#include "host/policy/prefix_tree.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

namespace tmon {

namespace {

constexpr uint64_t kKeyMask = TMON_PREFIX_KEY_MASK;

// So few are found by their nodes alone: no bits are skipped, and nothing is to be predicted.
constexpr std::size_t kFewStarts = 64;

// Starts for which a node has room most often.
constexpr std::size_t kNodeStarts = 14;

// Slots may become smaller, and more, while more than this share of the starts has no room in one node.
constexpr std::size_t kCrowdedShare = 16;

// One root serves all while no more than this share of the starts lies in slots that a node has no room for.
constexpr std::size_t kEvenShare = 5;
constexpr std::size_t kStartsPerWord = 2;

// IPv6: up to so many starts are found by one root, with many slots for each where they crowd.
constexpr std::size_t kSmallTree = 512;
constexpr double kSmallTreeStartsPerSlot = 1.0 / 16;

// A root of so many bits lies in the first cache: it may have more slots than ranges.
constexpr unsigned kCachedBits = 11;

// Bits that all starts have in common; the root needs at least one bit behind them, and an address at least two before
// the keys of nodes begin.
template <class Space>
unsigned shared_bits(typename Space::Address first, typename Space::Address last) {
	constexpr unsigned most = Space::family == 4 ? 31 : 62;
	unsigned bits = 0;
	while (bits < most && first >> (Space::bits - 1 - bits) == last >> (Space::bits - 1 - bits))
		++bits;
	return bits;
}

struct TreeShape {
	double ranges_per_slot;
	unsigned root_bits_max;
	bool two_levels;
};

// Where permitted ranges begin and end.
template <class Address>
struct PermittedStarts {
	std::span<const Address> starts;

	Address operator()(std::size_t at) const { return starts[at]; }
	std::span<const Address> part(std::size_t from, std::size_t count) const { return starts.subspan(from, count); }
};

// One tree of a table, of decisions that begin where `starts` says. With `Cuts` it tells only what is permitted.
template <class Space, bool Cuts, class Starts, class Values>
class TreeBuilder {
public:
	using Address = typename Space::Address;

	TreeBuilder(std::vector<tmon_prefix_unit>& units, PrefixNodes& nodes, std::size_t count, Starts starts,
	            Values values)
	    : units_(units), nodes_(nodes), cuts_(nodes), count_(count), starts_(starts), values_(values) {}

	// Directories of a root of two levels count from where the reserved words begin; see finish_directories.
	tmon_prefix_tree build(const TreeShape& shape) {
		choose_root(shape);
		const std::size_t slots = std::size_t{1} << tree_.bits;
		const std::size_t in_unit = tree_.two_levels ? TMON_PREFIX_DIRECTORIES : TMON_PREFIX_WORDS;
		tree_.root = nodes_.allocate((slots + in_unit - 1) / in_unit);
		current_ = TMON_REFERENCE_DECIDED;
		for (std::size_t slot = 0; slot < slots; ++slot) {
			const std::size_t unit = tree_.root + slot / in_unit;
			const Address number = static_cast<Address>(tree_.prefix) << tree_.bits | slot;
			if (tree_.two_levels) {
				const tmon_prefix_directory directory = build_directory(number, shape);
				units_[unit].directories[slot % in_unit] = directory;
			} else {
				const uint32_t reference = build_slot(number, root_end());
				units_[unit].words[slot % in_unit] = reference;
			}
		}
		tree_.below = 0;
		tree_.above = current_ & ~TMON_REFERENCE_DECIDED;
		tree_.has_cuts = Cuts && nodes_.has_cuts();
		return tree_;
	}

private:
	void choose_root(const TreeShape& shape) {
		tree_ = {};
		if (count_ > kFewStarts) {
			tree_.skip = static_cast<uint8_t>(shared_bits<Space>(starts_(0), starts_(count_ - 1)));
			tree_.prefix =
			    tree_.skip == 0 ? 0 : static_cast<uint64_t>(starts_(0) >> (Space::bits - tree_.skip));
		}
		const unsigned least = tree_.skip >= 1 ? 1 : 2;
		const unsigned most = std::min((Space::family == 4 ? 32u : 64u) - tree_.skip, shape.root_bits_max);
		const auto set_bits = [&](double cached_per_slot) {
			const unsigned cached = std::min(bits_for(count_, cached_per_slot), kCachedBits);
			const unsigned even = std::max(bits_for(count_, shape.ranges_per_slot), cached);
			tree_.bits = static_cast<uint8_t>(std::max(least, std::min(even, most)));
		};
		set_bits(1);
		if (Space::family == 6 && count_ > kFewStarts && count_ <= kSmallTree &&
		    crowded(0, count_, root_end()) > count_ / kCrowdedShare)
			set_bits(kSmallTreeStartsPerSlot);
		tree_.two_levels = shape.two_levels && count_ > kSmallTree &&
		                   crowded(0, count_, root_end()) > count_ / kEvenShare;
		// Half of the bits, and some more, before it is known where the other half is needed.
		if (tree_.two_levels)
			tree_.bits = static_cast<uint8_t>(
			    std::max(least, std::min({bits_for(count_, 1) / 2 + 3, 12u, most})));
	}

	// How many of the starts lie in slots of `bits` bits that have more than a node.
	std::size_t crowded(std::size_t from, std::size_t to, unsigned bits) const {
		std::size_t all = 0;
		while (from < to) {
			const Address slot = slot_of(starts_(from), bits);
			std::size_t end = from + 1;
			while (end < to && slot_of(starts_(end), bits) == slot)
				++end;
			if (end - from > kNodeStarts)
				all += end - from;
			from = end;
		}
		return all;
	}

	static unsigned bits_for(std::size_t starts, double per_slot) {
		return static_cast<unsigned>(
		    std::ceil(std::log2(std::max(1.0, static_cast<double>(starts) / per_slot))));
	}

	unsigned root_end() const { return tree_.skip + tree_.bits; }

	// The first `bits` bits.
	static Address slot_of(Address address, unsigned bits) { return address >> (Space::bits - bits); }

	tmon_prefix_directory build_directory(Address number, const TreeShape& shape) {
		std::size_t end = at_;
		while (end < count_ && slot_of(starts_(end), root_end()) == number)
			++end;
		if (end == at_) {
			const auto found = single_.try_emplace(current_, 0);
			if (found.second) {
				found.first->second = nodes_.reserve_words(1);
				nodes_.set_word(found.first->second, decided(current_));
			}
			return {found.first->second, 0};
		}
		const unsigned most = std::min((Space::family == 4 ? 32u : 64u) - root_end(), shape.root_bits_max);
		unsigned bits = std::min(bits_for(end - at_, shape.ranges_per_slot), most);
		while (bits < most && std::size_t{1} << bits < (end - at_) / kStartsPerWord &&
		       crowded(at_, end, root_end() + bits) > (end - at_) / kCrowdedShare)
			++bits;
		const uint32_t base = nodes_.reserve_words(std::size_t{1} << bits);
		for (uint32_t i = 0; i < uint32_t{1} << bits; ++i)
			nodes_.set_word(base + i, build_slot(number << bits | i, root_end() + bits));
		return {base, bits};
	}

	// What the addresses whose first `bits` bits are `number` refer to.
	uint32_t build_slot(Address number, unsigned bits) {
		const unsigned width = Space::bits - bits;
		const Address low = number << width;
		if (at_ == count_ || slot_of(starts_(at_), bits) != number)
			return decided(current_);
		const Address high = low + ((Address{1} << width) - 1);
		if constexpr (Cuts)
			return build_permitted(low, high);
		separators_.clear();
		start_ = current_;
		while (at_ < count_ && slot_of(starts_(at_), bits) == number)
			take_key(low, high);
		if (separators_.empty() && start_ & TMON_REFERENCE_DECIDED)
			return decided(start_);
		return nodes_.build(separators_, start_, key_of(low, Space{}), key_of(high, Space{}));
	}

	uint32_t build_permitted(Address low, Address high) {
		const std::size_t from = at_ + (starts_(at_) == low);
		at_ = from;
		while (at_ < count_ && starts_(at_) <= high)
			++at_;
		current_ = at_ % 2 == 0 ? TMON_REFERENCE_DECIDED : TMON_REFERENCE_DECIDED | TMON_DECISION_PERMITTED;
		if (at_ == from)
			return decided(current_);
		return cuts_.build(starts_.part(from, at_ - from), from % 2 == 1, low, high);
	}

	// A node for slots with one decision; the next of them most often has the same.
	uint32_t decided(uint32_t reference) {
		const auto found = decided_.try_emplace(reference, 0);
		if (found.second)
			found.first->second = nodes_.build({}, reference, 0, 0);
		return found.first->second;
	}

	void add(uint64_t key, uint32_t value, uint64_t low) {
		if (key == low)
			start_ = value;
		else
			separators_.push_back({key, value});
	}

	// All starts with the key of the next one: a separator, or a node for the second walk.
	void take_key(Address low, Address high) {
		const uint64_t key = key_of(starts_(at_), Space{});
		const auto same_key = [&](std::size_t at) {
			return at < count_ && starts_(at) <= high && key_of(starts_(at), Space{}) == key;
		};
		if (rest_of(starts_(at_), Space{}) == 0 && !(Space::family == 6 && same_key(at_ + 1))) {
			current_ = reference(at_++);
			add(key, current_, key_of(low, Space{}));
			return;
		}
		uint32_t start = current_;
		inner_.clear();
		for (; same_key(at_); ++at_) {
			current_ = reference(at_);
			const uint64_t rest = rest_of(starts_(at_), Space{});
			if (rest == 0)
				start = current_;
			else
				inner_.push_back({rest, current_});
		}
		add(key, nodes_.build(inner_, start, 0, kKeyMask), key_of(low, Space{}));
		const bool next_begins =
		    at_ < count_ && starts_(at_) <= high && key_of(starts_(at_), Space{}) == key + 1;
		if (key != key_of(high, Space{}) && !next_begins)
			add(key + 1, current_, key_of(low, Space{}));
	}

	uint32_t reference(std::size_t at) const { return values_(at) | TMON_REFERENCE_DECIDED; }

	std::vector<tmon_prefix_unit>& units_;
	PrefixNodes& nodes_;
	CutNodes cuts_;
	std::size_t count_;
	Starts starts_;
	Values values_;
	tmon_prefix_tree tree_{};
	std::size_t at_ = 0;
	uint32_t current_ = 0; // what holds before the start at at_
	uint32_t start_ = 0;   // what holds where the slot begins
	std::vector<Separator> separators_, inner_;
	std::unordered_map<uint32_t, uint32_t> decided_; // node by decision
	std::unordered_map<uint32_t, uint32_t> single_;  // word by decision
};

void finish_directories(std::vector<tmon_prefix_unit>& units, const tmon_prefix_tree& tree, uint32_t words) {
	if (!tree.two_levels)
		return;
	for (std::size_t slot = 0; slot < std::size_t{1} << tree.bits; ++slot)
		units[tree.root + slot / TMON_PREFIX_DIRECTORIES].directories[slot % TMON_PREFIX_DIRECTORIES].base +=
		    words;
}

template <class Space>
PrefixTable build(std::span<const PolicyEntry> entries, uint32_t first_id, const PrefixTableTuning& tuning) {
	const PrefixRanges<Space> ranges = sweep_prefixes<Space>(entries, first_id);
	const TreeShape shape = Space::family == 4
	                            ? TreeShape{tuning.ranges_per_slot_v4, tuning.root_bits_max, false}
	                            : TreeShape{tuning.ranges_per_slot_v6, tuning.root_bits_max, tuning.two_levels_v6};
	PrefixTable table;
	table.family = Space::family;
	table.prefixes = ranges.prefixes;
	table.permitted_ranges = (ranges.permitted.size() + 1) / 2;
	table.refused_ranges = ranges.refused.size();
	table.geometry.has_permitted = !ranges.permitted.empty();
	table.geometry.has_entries = !ranges.refused.empty();
	// Room that is not needed is never touched.
	table.units.reserve(64 + (ranges.permitted.size() + ranges.refused.size()) / 2);
	PrefixNodes nodes(table.units);
	if (table.geometry.has_permitted) {
		const PermittedStarts<typename Space::Address> start{ranges.permitted};
		const auto value = [](std::size_t at) { return at % 2 == 0 ? TMON_DECISION_PERMITTED : 0; };
		using Starts = PermittedStarts<typename Space::Address>;
		table.geometry.permitted = TreeBuilder<Space, Space::family == 6, Starts, decltype(value)>(
		                               table.units, nodes, ranges.permitted.size(), start, value)
		                               .build(shape);
	}
	table.nodes_on_path = nodes.take_depth();
	if (table.geometry.has_entries) {
		const auto start = [&](std::size_t at) { return ranges.refused[at].start; };
		const auto value = [&](std::size_t at) { return ranges.refused[at].decision; };
		table.geometry.entries = TreeBuilder<Space, false, decltype(start), decltype(value)>(
		                             table.units, nodes, ranges.refused.size(), start, value)
		                             .build(shape);
		table.nodes_on_path = std::max(table.nodes_on_path, nodes.take_depth());
	}
	// Two walks at the most; more is not looked for.
	if (2 * table.nodes_on_path > TMON_PREFIX_NODES_MAX)
		throw std::length_error("the prefixes are nested too deeply for the table");
	const uint32_t words = nodes.append_values();
	finish_directories(table.units, table.geometry.permitted, words);
	finish_directories(table.units, table.geometry.entries, words);
	if (table.units.empty())
		table.units.resize(1);
	table.geometry.units = static_cast<uint32_t>(table.units.size());
	return table;
}

} // namespace

PrefixTable build_prefix_table(std::span<const PolicyEntry> entries, uint8_t family, uint32_t first_id,
                               const PrefixTableTuning& tuning) {
	return family == 4 ? build<Ipv4Space>(entries, first_id, tuning) : build<Ipv6Space>(entries, first_id, tuning);
}

} // namespace tmon
