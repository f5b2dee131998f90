// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Permitted prefixes as they are found, and sources for them.
#pragma once

#include "host/policy/prefix_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <random>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tmon::bench {

using Octets = std::array<uint8_t, 16>;
using Generator = std::mt19937_64;

inline Octets random_octets(Generator& random) {
	Octets octets;
	for (std::size_t half = 0; half < 2; ++half) {
		const uint64_t value = random();
		for (std::size_t i = 0; i < 8; ++i)
			octets[8 * half + i] = static_cast<uint8_t>(value >> 8 * i);
	}
	return octets;
}

// The first `length` bits of `a`, the others of `b`.
inline Octets join(const Octets& a, const Octets& b, unsigned length) {
	Octets octets;
	for (unsigned i = 0; i < 16; ++i) {
		const unsigned from_a = length <= 8 * i ? 0 : std::min(8u, length - 8 * i);
		const auto mask = static_cast<uint8_t>(0xff00 >> from_a);
		octets[i] = static_cast<uint8_t>((a[i] & mask) | (b[i] & ~mask));
	}
	return octets;
}

// Lengths and how often they come, in any unit.
class Lengths {
public:
	Lengths(std::initializer_list<std::pair<unsigned, double>> shares) {
		std::vector<double> weights;
		for (const auto& [length, share] : shares) {
			lengths_.push_back(length);
			weights.push_back(share);
		}
		choose_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
	}
	unsigned operator()(Generator& random) { return lengths_[choose_(random)]; }

private:
	std::vector<unsigned> lengths_;
	std::discrete_distribution<std::size_t> choose_;
};

// As in the global routing tables of 2024, roughly.
inline Lengths routed_v4() {
	return {{8, 0.01}, {10, 0.01}, {11, 0.02}, {12, 0.05}, {13, 0.1}, {14, 0.2}, {15, 0.2}, {16, 1.4}, {17, 0.8}, {18, 1.4}, {19, 2.5},
	        {20, 4.3}, {21, 5}, {22, 11.5}, {23, 10}, {24, 62}};
}
inline Lengths routed_v6() {
	return {{28, 0.5}, {29, 3}, {30, 0.5}, {32, 12}, {33, 2}, {34, 2}, {35, 1}, {36, 5}, {38, 2}, {40, 9}, {42, 2}, {44, 8}, {45, 1},
	        {46, 3}, {47, 2}, {48, 47}};
}

// Until there are `count` different ones; a length that is full gives way to others.
inline std::vector<PolicyEntry> collect(uint8_t family, std::size_t count, const std::function<std::pair<Octets, unsigned>()>& make) {
	struct Hash {
		std::size_t operator()(const Prefix& prefix) const {
			uint64_t hash = prefix.length;
			for (const uint8_t octet : prefix.address)
				hash = (hash ^ octet) * 0x100000001b3ull;
			return hash ^ hash >> 29;
		}
	};
	std::unordered_set<Prefix, Hash> seen;
	std::vector<PolicyEntry> entries;
	entries.reserve(count);
	while (entries.size() < count) {
		const auto [octets, length] = make();
		const Prefix prefix{family, static_cast<uint8_t>(length), join(octets, {}, length)};
		if (seen.insert(prefix).second)
			entries.push_back({.prefix = prefix, .kind = EntryClass::permitted, .name = {}, .place = {}});
	}
	return entries;
}

// Where unicast is: 1.0.0.0 to 223.255.255.255.
inline Octets unicast_v4(Generator& random) {
	Octets octets = random_octets(random);
	octets[0] = static_cast<uint8_t>(1 + random() % 223);
	return octets;
}

inline std::vector<PolicyEntry> routing_v4(std::size_t count, Generator& random) {
	Lengths lengths = routed_v4();
	return collect(4, count, [&] { return std::pair(unicast_v4(random), lengths(random)); });
}

inline std::vector<PolicyEntry> half_hosts_v4(std::size_t count, Generator& random) {
	Lengths lengths = routed_v4();
	return collect(4, count, [&] { return std::pair(unicast_v4(random), random() % 2 ? 32u : lengths(random)); });
}

// Inside an allocation: a /32 of one of the registries' blocks.
class Allocations {
public:
	Allocations(std::size_t count, Generator& random) {
		constexpr std::array<std::array<uint8_t, 2>, 6> blocks{{{0x20, 0x01}, {0x24, 0x00}, {0x26, 0x00}, {0x28, 0x00}, {0x2a, 0x00}, {0x2c, 0x00}}};
		for (std::size_t i = 0; i < count; ++i) {
			const auto& block = blocks[random() % blocks.size()];
			Octets octets = random_octets(random);
			octets[0] = block[0];
			octets[1] = block[0] == 0x20 ? block[1] : static_cast<uint8_t>(octets[1] % 16);
			starts_.push_back(octets);
		}
	}
	Octets operator()(Generator& random) const { return join(starts_[random() % starts_.size()], random_octets(random), 32); }

private:
	std::vector<Octets> starts_;
};

inline std::vector<PolicyEntry> routing_v6(std::size_t count, Generator& random) {
	const Allocations allocations(1 + count / 8, random);
	Lengths lengths = routed_v6();
	return collect(6, count, [&] { return std::pair(allocations(random), lengths(random)); });
}

// /32 to /64 anywhere in the global unicast space, a tenth of them single hosts.
inline std::vector<PolicyEntry> mixed_v6(std::size_t count, Generator& random) {
	return collect(6, count, [&] {
		Octets octets = random_octets(random);
		octets[0] = static_cast<uint8_t>(0x20 | octets[0] % 32);
		return std::pair(octets, random() % 10 == 0 ? 128u : 32u + static_cast<unsigned>(random() % 33));
	});
}

// Half of them permitted, each inside a prefix chosen at random. Of the others half share some bits with a permitted
// one, half are anywhere. In random order.
inline std::vector<Octets> sources(const std::vector<PolicyEntry>& entries, const PrefixTable& table, std::size_t count, Generator& random) {
	const unsigned bits = table.family == 4 ? 32 : 128;
	std::vector<Octets> drawn;
	drawn.reserve(count);
	while (drawn.size() < count) {
		const Prefix& prefix = entries[random() % entries.size()].prefix;
		const Octets inside = join(prefix.address, random_octets(random), prefix.length);
		drawn.push_back(inside);
		for (;;) {
			Octets outside = table.family == 4 ? unicast_v4(random) : random_octets(random);
			if (table.family == 6)
				outside[0] = static_cast<uint8_t>(0x20 | outside[0] % 32);
			if (random() % 2)
				outside = join(inside, outside, 1 + static_cast<unsigned>(random() % std::min(bits - 1, 63u)));
			if (table.decide(outside.data()) & TMON_DECISION_PERMITTED)
				continue;
			drawn.push_back(outside);
			break;
		}
	}
	drawn.resize(count);
	std::shuffle(drawn.begin(), drawn.end(), random);
	return drawn;
}

} // namespace tmon::bench
