// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/duplicates.hpp"

#include <algorithm>
#include <compare>

namespace tmon {

namespace {

std::uint64_t read_bits(const std::uint8_t* bytes, std::size_t count) {
	std::uint64_t bits = 0;
	for (std::size_t i = 0; i < count; ++i)
		bits = bits << 8 | bytes[i];
	return bits;
}

struct Ipv4Key {
	std::uint64_t prefix; // address and length
	std::uint32_t index;

	Ipv4Key(const Prefix& p, std::uint32_t i) : prefix(read_bits(p.address.data(), 4) << 8 | p.length), index(i) {}
	auto operator<=>(const Ipv4Key&) const = default;
	bool same_prefix(const Ipv4Key& other) const { return prefix == other.prefix; }
};

struct Ipv6Key {
	std::uint64_t high, low;
	std::uint32_t length, index;

	Ipv6Key(const Prefix& p, std::uint32_t i)
	    : high(read_bits(p.address.data(), 8)), low(read_bits(p.address.data() + 8, 8)), length(p.length),
	      index(i) {}
	auto operator<=>(const Ipv6Key&) const = default;
	bool same_prefix(const Ipv6Key& other) const {
		return high == other.high && low == other.low && length == other.length;
	}
};

template <class Key>
void add_duplicates(const std::vector<PolicyEntry>& entries, std::uint8_t family, std::vector<Duplicate>& found) {
	std::vector<Key> keys;
	keys.reserve(static_cast<std::size_t>(std::count_if(
	    entries.begin(), entries.end(), [&](const PolicyEntry& entry) { return entry.prefix.family == family; })));
	for (std::size_t i = 0; i < entries.size(); ++i)
		if (entries[i].prefix.family == family)
			keys.emplace_back(entries[i].prefix, static_cast<std::uint32_t>(i));
	// Long lists come from tools, which write them in order.
	if (!std::is_sorted(keys.begin(), keys.end()))
		std::sort(keys.begin(), keys.end());
	for (std::size_t i = 1, first = 0; i < keys.size(); ++i) {
		if (keys[i].same_prefix(keys[first]))
			found.push_back({keys[i].index, keys[first].index});
		else
			first = i;
	}
}

} // namespace

std::vector<Duplicate> find_duplicates(const std::vector<PolicyEntry>& entries) {
	std::vector<Duplicate> found;
	add_duplicates<Ipv4Key>(entries, 4, found);
	add_duplicates<Ipv6Key>(entries, 6, found);
	std::sort(found.begin(), found.end(), [](const Duplicate& a, const Duplicate& b) { return a.later < b.later; });
	return found;
}

} // namespace tmon
