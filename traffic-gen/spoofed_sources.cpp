// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/spoofed_sources.hpp"

#include "traffic-gen/random.hpp"
#include "traffic-gen/ranges.hpp"

namespace tmon {

SpoofedSources::SpoofedSources(uint64_t seed) : key_(Random(seed).bits()), count_(public4_count()) {}

// A Feistel network of 32 bits: whatever the round function, no two values become one.
uint32_t SpoofedSources::permute(uint32_t value) const {
	uint32_t left = value >> 16;
	uint32_t right = value & 0xffff;
	for (unsigned round = 0; round < 4; ++round) {
		const uint64_t mixed = (right ^ (key_ >> 16 * round & 0xffff)) * 0x9e3779b97f4a7c15u;
		const uint32_t next = left ^ static_cast<uint32_t>(mixed >> 40 & 0xffff);
		left = right;
		right = next;
	}
	return left << 16 | right;
}

packet::Ipv4Address SpoofedSources::v4(uint64_t number) const {
	// Walking on from what is beyond the last number keeps the rest a permutation.
	auto value = static_cast<uint32_t>(number % count_);
	do
		value = permute(value);
	while (value >= count_);
	return public4(value);
}

packet::Ipv6Address SpoofedSources::v6(uint64_t number) const {
	// The interface identifier alone is different for each number: SplitMix64 is a permutation.
	Random high(key_ ^ number);
	packet::Ipv6Address address = random_public6(high);
	const uint64_t low = Random(key_ + number).bits();
	for (std::size_t i = 0; i < 8; ++i)
		address.bytes[8 + i] = static_cast<uint8_t>(low >> 8 * i);
	return address;
}

} // namespace tmon
