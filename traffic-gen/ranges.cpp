// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/ranges.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace tmon {

using packet::Ipv4Address;
using packet::Ipv6Address;

namespace {

struct Range4 {
	uint32_t network;
	unsigned length;
};

constexpr Range4 private4[] = {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}};
constexpr Range4 loopback4[] = {{0x7f000000, 8}};
constexpr Range4 documentation4[] = {{0xc0000200, 24}, {0xc6336400, 24}, {0xcb007100, 24}};
constexpr Range4 special4[] = {
    {0x00000000, 8}, // this network
    {0x0a000000, 8}, // private
    {0x64400000, 10}, // shared by carriers
    {0x7f000000, 8}, // loopback
    {0xa9fe0000, 16}, // link-local
    {0xac100000, 12}, // private
    {0xc0000000, 24}, // protocol assignments
    {0xc0000200, 24}, // documentation
    {0xc01fc400, 24}, // AS112
    {0xc034c100, 24}, // AMT
    {0xc0586300, 24}, // 6to4 relays
    {0xc0a80000, 16}, // private
    {0xc0af3000, 24}, // AS112
    {0xc6120000, 15}, // benchmarking
    {0xc6336400, 24}, // documentation
    {0xcb007100, 24}, // documentation
    {0xe0000000, 4}, // multicast
    {0xf0000000, 4}, // reserved, broadcast
};

bool contains(std::span<const Range4> ranges, const Ipv4Address& address) {
	const uint32_t value = address.host_order();
	return std::any_of(ranges.begin(), ranges.end(),
			   [&](const Range4& range) { return (value ^ range.network) >> (32 - range.length) == 0; });
}

// Ranges weigh alike, whatever their size: otherwise hardly any source would come from the small ones.
Ipv4Address random_host(Random& random, std::span<const Range4> ranges) {
	const Range4& range = ranges[random.below(static_cast<uint32_t>(ranges.size()))];
	const uint32_t high = random.below(1u << (24 - range.length)) << 8;
	return Ipv4Address(range.network | high | random.between(1, 254));
}

constexpr uint64_t hosts_per_block = 254;

// Successive public blocks of 256 addresses: number `before` and on are those from `first` on.
struct Run {
	uint32_t first;
	uint64_t before;
};

// The runs in their order; behind them one that only counts.
const std::vector<Run>& public_blocks() {
	static const std::vector<Run> runs = [] {
		std::vector<Run> found;
		uint64_t count = 0;
		bool inside = false;
		for (uint32_t block = 0; block < 1u << 24;) {
			const auto special =
			    std::find_if(std::begin(special4), std::end(special4), [&](const Range4& range) {
				    return (block << 8 ^ range.network) >> (32 - range.length) == 0;
			    });
			if (special != std::end(special4)) {
				block += 1u << (24 - special->length);
				inside = false;
				continue;
			}
			if (!inside)
				found.push_back({block, count});
			inside = true;
			++block;
			++count;
		}
		found.push_back({1u << 24, count});
		return found;
	}();
	return runs;
}

void fill(Ipv6Address& address, std::size_t from, Random& random) {
	for (std::size_t i = from; i < address.bytes.size(); ++i)
		address.bytes[i] = static_cast<uint8_t>(random.bits());
}

} // namespace

bool is_permitted(const Ipv4Address& address) { return contains(private4, address) || contains(loopback4, address); }

bool is_permitted(const Ipv6Address& address) {
	const auto& b = address.bytes;
	return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || address == Ipv6Address("::1");
}

bool is_public(const Ipv4Address& address) { return !contains(special4, address); }

bool is_public(const Ipv6Address& address) {
	const auto& b = address.bytes;
	if ((b[0] & 0xe0) != 0x20)
		return false;
	const uint32_t high = uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
	const bool assignments = high >> 9 == 0x20010000 >> 9; // 2001::/23
	const bool documentation = high == 0x20010db8 || high >> 12 == 0x3fff0;
	const bool six_to_four = high >> 16 == 0x2002;
	const bool as112 = high == 0x2620004f && b[4] == 0x80 && b[5] == 0;
	return !assignments && !documentation && !six_to_four && !as112;
}

Ipv4Address random_permitted4(Random& random) { return random_host(random, private4); }
Ipv4Address random_documentation4(Random& random) { return random_host(random, documentation4); }

uint64_t public4_count() { return public_blocks().back().before * hosts_per_block; }

Ipv4Address public4(uint64_t number) {
	const auto& runs = public_blocks();
	const uint64_t block = number / hosts_per_block;
	const auto behind = std::upper_bound(runs.begin(), runs.end(), block,
					     [](uint64_t wanted, const Run& run) { return wanted < run.before; });
	const Run& run = *(behind - 1);
	return Ipv4Address(static_cast<uint32_t>(run.first + (block - run.before)) << 8 |
			   static_cast<uint32_t>(1 + number % hosts_per_block));
}

Ipv6Address random_permitted6(Random& random) {
	Ipv6Address address;
	address.bytes[0] = 0xfd;
	fill(address, 1, random);
	return address;
}

Ipv6Address random_documentation6(Random& random) {
	Ipv6Address address("2001:db8::");
	fill(address, 4, random);
	return address;
}

Ipv6Address random_public6(Random& random) {
	Ipv6Address address;
	do {
		fill(address, 0, random);
		address.bytes[0] = static_cast<uint8_t>(0x20 | (address.bytes[0] & 0x1f));
	} while (!is_public(address));
	return address;
}

} // namespace tmon
