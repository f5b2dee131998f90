// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Policies and addresses for tests of prefix tables, and the plainest way to decide.
#pragma once

#include "bpf/prefix_table.h"
#include "host/policy/policy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

namespace tmon::test {

using Octets = std::array<uint8_t, 16>;

// splitmix64: the same numbers everywhere.
class Random {
public:
	explicit Random(uint64_t seed) : state_(seed) {}

	uint64_t next() {
		uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		return z ^ z >> 31;
	}
	uint64_t below(uint64_t limit) { return next() % limit; }
	bool one_in(uint64_t n) { return below(n) == 0; }
	EntryClass kind() { return static_cast<EntryClass>(below(3)); }
	Octets octets(uint8_t family) {
		Octets octets{};
		for (std::size_t i = 0; i < (family == 4 ? 4u : 16u); ++i)
			octets[i] = static_cast<uint8_t>(next());
		return octets;
	}

private:
	uint64_t state_;
};

inline PolicyEntry entry(const Prefix& prefix, EntryClass kind) {
	return {.prefix = prefix, .kind = kind, .name = {}, .place = {}};
}

inline bool bit(const Octets& octets, unsigned at) { return octets[at / 8] >> (7 - at % 8) & 1; }
inline void set_bit(Octets& octets, unsigned at, bool value) {
	const auto mask = static_cast<uint8_t>(0x80 >> at % 8);
	octets[at / 8] = static_cast<uint8_t>(value ? octets[at / 8] | mask : octets[at / 8] & ~mask);
}

inline Prefix prefix_of(uint8_t family, uint8_t length, Octets octets) {
	for (unsigned at = length; at < 128; ++at)
		set_bit(octets, at, false);
	return {family, length, octets};
}

inline Prefix random_prefix(uint8_t family, uint8_t length, Random& random) {
	return prefix_of(family, length, random.octets(family));
}

// The prefix whose last `bits` bits before `length` are `number`, the rest taken from `along`.
inline Prefix block_of(uint8_t family, uint8_t length, Octets along, unsigned number, unsigned bits) {
	for (unsigned i = 0; i < bits; ++i)
		set_bit(along, length - 1 - i, number >> i & 1);
	return prefix_of(family, length, along);
}

inline Octets last_of(const Prefix& prefix) {
	Octets octets = prefix.address;
	for (unsigned at = prefix.length; at < (prefix.family == 4 ? 32u : 128u); ++at)
		set_bit(octets, at, true);
	return octets;
}

// To the next address or the one before; false at the end of all addresses.
inline bool step(Octets& octets, uint8_t family, int by) {
	for (std::size_t i = family == 4 ? 4 : 16; i-- > 0;) {
		octets[i] = static_cast<uint8_t>(octets[i] + by);
		if (octets[i] != (by > 0 ? 0 : 255))
			return true;
	}
	return false;
}

// Goes through the entries for each address.
class Scan {
public:
	Scan(const std::vector<PolicyEntry>& entries, uint8_t family, uint32_t first_id) {
		uint32_t id = first_id;
		for (const PolicyEntry& one : entries) {
			uint32_t decision = TMON_DECISION_PERMITTED;
			if (one.kind != EntryClass::permitted)
				decision = id++ | (one.kind == EntryClass::never_drop ? TMON_DECISION_NEVER_DROP : 0u);
			if (one.prefix.family == family)
				entries_.push_back({number(one.prefix.address), mask(one.prefix.length), one.prefix.length, decision});
		}
	}

	uint32_t decide(const Octets& source) const {
		const Number address = number(source);
		int longest = -1;
		uint32_t decision = 0;
		for (const Entry& one : entries_) {
			if ((address & one.mask) == one.address && one.length > longest) {
				longest = one.length;
				decision = one.decision;
			}
		}
		return decision;
	}

private:
	__extension__ using Number = unsigned __int128;
	struct Entry {
		Number address, mask;
		int length;
		uint32_t decision;
	};
	static Number number(const Octets& octets) {
		Number value = 0;
		for (const uint8_t octet : octets)
			value = value << 8 | octet;
		return value;
	}
	static Number mask(unsigned length) { return length == 0 ? 0 : ~Number{0} << (128 - length); }

	std::vector<Entry> entries_;
};

inline uint32_t scan(const std::vector<PolicyEntry>& entries, uint8_t family, const Octets& source, uint32_t first_id) {
	return Scan(entries, family, first_id).decide(source);
}

// Crowded: prefixes grow out of others, so that they nest, touch and lie side by side.
inline std::vector<PolicyEntry> random_policy(uint8_t family, std::size_t count, Random& random) {
	const unsigned bits = family == 4 ? 32 : 128;
	const bool permitted_only = random.one_in(3);
	std::vector<PolicyEntry> entries;
	std::set<Prefix> seen;
	for (std::size_t i = 0; i < count; ++i) {
		Prefix prefix = random_prefix(family, static_cast<uint8_t>(random.below(bits + 1)), random);
		if (!entries.empty() && !random.one_in(6)) {
			const Prefix& other = entries[random.below(entries.size())].prefix;
			Octets octets = random.one_in(2) ? other.address : last_of(other);
			step(octets, family, static_cast<int>(random.below(3)) - 1);
			const auto by = static_cast<int>(random.below(13)) - 4;
			const int length = std::min(std::max(other.length + by, 0), static_cast<int>(bits));
			if (random.one_in(3) && other.length < bits)
				set_bit(octets, other.length, random.one_in(2));
			prefix = prefix_of(family, static_cast<uint8_t>(length), octets);
		}
		if (seen.insert(prefix).second)
			entries.push_back(entry(prefix, permitted_only ? EntryClass::permitted : random.kind()));
	}
	return entries;
}

// Most of them at the ends of prefixes or one beside; never empty policies.
inline Octets near_boundary(const std::vector<PolicyEntry>& entries, uint8_t family, Random& random) {
	const uint64_t choice = random.below(16);
	if (choice == 0)
		return random.octets(family);
	const Prefix& prefix = entries[random.below(entries.size())].prefix;
	Octets octets = choice % 2 ? prefix.address : last_of(prefix);
	if (choice < 6) {
		const unsigned bits = family == 4 ? 32 : 128;
		const unsigned from = prefix.length + static_cast<unsigned>(random.below(bits - prefix.length + 1));
		for (unsigned at = from; at < bits; ++at)
			set_bit(octets, at, random.next() & 1);
	} else if (choice < 12) {
		step(octets, family, choice % 3 ? 1 : -1);
	}
	return octets;
}

} // namespace tmon::test
