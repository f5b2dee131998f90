// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix_ranges.hpp"

#include "bpf/prefix_table.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace tmon {

namespace {

template <class Space>
struct Item {
	typename Space::Address start;
	uint32_t decision;
	uint8_t length;
};

// Sorts by a number; what it belongs to is found by `index`.
struct SortKey {
	uint64_t value;
	uint32_t index;
};

typename Ipv4Space::Address address_of(const Prefix& prefix, Ipv4Space) {
	return TMON_BE32(tmon_load_raw32(prefix.address.data()));
}

typename Ipv6Space::Address address_of(const Prefix& prefix, Ipv6Space) {
	Ipv6Space::Address address = 0;
	for (std::size_t word = 0; word < 4; ++word)
		address = address << 32 | TMON_BE32(tmon_load_raw32(prefix.address.data() + 4 * word));
	return address;
}

// IPv4: start and length together. IPv6: as much of the start as there is room for.
uint64_t sort_value(const Item<Ipv4Space>& item) { return item.start << 8 | item.length; }
uint64_t sort_value(const Item<Ipv6Space>& item) { return static_cast<uint64_t>(item.start >> 64); }

template <class Space>
std::vector<Item<Space>> collect(std::span<const PolicyEntry> entries, uint32_t first_id) {
	std::vector<Item<Space>> items;
	items.reserve(entries.size());
	uint64_t id = first_id;
	for (const PolicyEntry& entry : entries) {
		uint32_t decision = TMON_DECISION_PERMITTED;
		if (entry.kind != EntryClass::permitted) {
			if (id > TMON_DECISION_ENTRY_MAX)
				throw std::length_error("too many denied and never_drop entries: no id is left for one");
			decision = static_cast<uint32_t>(id++) | (entry.kind == EntryClass::never_drop ? TMON_DECISION_NEVER_DROP : 0);
		}
		if (entry.prefix.family == Space::family)
			items.push_back({address_of(entry.prefix, Space{}), decision, entry.prefix.length});
	}
	return items;
}

// Least significant digit first; digits that are the same everywhere cost nothing.
void radix_sort(std::vector<SortKey>& keys) {
	constexpr unsigned digit_bits = 11, digits = 6;
	constexpr std::size_t values = 1u << digit_bits;
	std::vector<std::array<uint32_t, values>> counts(digits);
	for (const SortKey& key : keys)
		for (unsigned digit = 0; digit < digits; ++digit)
			++counts[digit][key.value >> digit * digit_bits & (values - 1)];
	std::vector<SortKey> other(keys.size());
	for (unsigned digit = 0; digit < digits; ++digit) {
		auto& count = counts[digit];
		const unsigned shift = digit * digit_bits;
		if (count[keys.front().value >> shift & (values - 1)] == keys.size())
			continue;
		uint32_t before = 0;
		for (uint32_t& one : count)
			before += std::exchange(one, before);
		for (const SortKey& key : keys)
			other[count[key.value >> shift & (values - 1)]++] = key;
		keys.swap(other);
	}
}

// By start, the shorter prefix first.
template <class Space>
std::vector<SortKey> sorted(const std::vector<Item<Space>>& items) {
	std::vector<SortKey> keys;
	keys.reserve(items.size());
	for (const Item<Space>& item : items)
		keys.push_back({sort_value(item), static_cast<uint32_t>(keys.size())});
	const auto less = [](const SortKey& a, const SortKey& b) { return a.value < b.value; };
	if (!keys.empty() && !std::is_sorted(keys.begin(), keys.end(), less))
		radix_sort(keys);
	if constexpr (Space::bits > 64) {
		const auto in_full = [&](const SortKey& a, const SortKey& b) {
			const auto &x = items[a.index], &y = items[b.index];
			return x.start != y.start ? x.start < y.start : x.length < y.length;
		};
		for (auto run = keys.begin(); run != keys.end();) {
			const auto end = std::find_if(run, keys.end(), [&](const SortKey& key) { return key.value != run->value; });
			if (end - run > 1)
				std::sort(run, end, in_full);
			run = end;
		}
	}
	return keys;
}

// Takes decisions in ascending order of where they begin and keeps what differs from its neighbour.
template <class Space>
class Collector {
public:
	using Address = typename Space::Address;

	explicit Collector(std::size_t prefixes) { ranges_.permitted.reserve(2 * prefixes); }

	// A later decision about the same start replaces the one before.
	void begin(Address start, uint32_t decision) {
		if (start != start_)
			keep();
		start_ = start;
		decision_ = decision;
	}

	PrefixRanges<Space> finish() {
		keep();
		return std::move(ranges_);
	}

private:
	void keep() {
		const bool permitted = decision_ == TMON_DECISION_PERMITTED;
		if (permitted != (ranges_.permitted.size() % 2 == 1))
			ranges_.permitted.push_back(start_);
		if (!permitted && decision_ != (ranges_.refused.empty() ? 0 : ranges_.refused.back().decision))
			ranges_.refused.push_back({start_, decision_});
	}

	PrefixRanges<Space> ranges_;
	Address start_ = 0;
	uint32_t decision_ = 0;
};

template <class Space>
typename Space::Address last_of(const Item<Space>& item) {
	using Address = typename Space::Address;
	if (item.length == 0)
		return Space::bits == 128 ? ~Address{0} : (Address{1} << (Space::bits % 128)) - 1;
	return item.start + ((Address{1} << (Space::bits - item.length)) - 1);
}

} // namespace

template <class Space>
PrefixRanges<Space> sweep_prefixes(std::span<const PolicyEntry> entries, uint32_t first_id) {
	struct Open {
		typename Space::Address last;
		uint32_t decision;
	};
	const std::vector<Item<Space>> items = collect<Space>(entries, first_id);
	std::vector<Open> open; // each inside the one before
	open.reserve(Space::bits + 1);
	Collector<Space> collector(items.size());
	const auto close = [&] {
		const auto last = open.back().last;
		open.pop_back();
		const auto next = static_cast<typename Space::Address>(last + 1);
		if (next != 0)
			collector.begin(next, open.empty() ? 0 : open.back().decision);
	};
	for (const SortKey& key : sorted(items)) {
		const Item<Space>& item = items[key.index];
		while (!open.empty() && open.back().last < item.start)
			close();
		collector.begin(item.start, item.decision);
		open.push_back({last_of(item), item.decision});
	}
	while (!open.empty())
		close();
	PrefixRanges<Space> ranges = collector.finish();
	ranges.prefixes = items.size();
	return ranges;
}

template PrefixRanges<Ipv4Space> sweep_prefixes<Ipv4Space>(std::span<const PolicyEntry>, uint32_t);
template PrefixRanges<Ipv6Space> sweep_prefixes<Ipv6Space>(std::span<const PolicyEntry>, uint32_t);

} // namespace tmon
