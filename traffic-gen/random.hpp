// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>

namespace tmon {

// SplitMix64 (Steele, Lea, Flood 2014). Unlike the standard library's distributions, the same seed gives
// the same numbers everywhere.
class Random {
public:
	explicit Random(uint64_t seed) : state_(seed) {}

	uint64_t bits() {
		uint64_t z = state_ += 0x9e3779b97f4a7c15u;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		return z ^ z >> 31;
	}

	// 0 to bound - 1; bound > 0.
	uint32_t below(uint32_t bound) { return static_cast<uint32_t>((bits() >> 32) * bound >> 32); }

	// low to high, both included.
	uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }

	uint16_t port(uint16_t low, uint16_t high) { return static_cast<uint16_t>(between(low, high)); }

	bool chance(uint32_t one_in) { return below(one_in) == 0; }

private:
	uint64_t state_;
};

} // namespace tmon
