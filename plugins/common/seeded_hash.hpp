// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include <sys/random.h>
#include <time.h>

namespace tmon::plugins {

inline uint64_t random_seed() {
	uint64_t seed = 0;
	if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
		timespec now{};
		::clock_gettime(CLOCK_REALTIME, &now);
		seed = static_cast<uint64_t>(now.tv_nsec) * 0x9e3779b97f4a7c15u + static_cast<uint64_t>(now.tv_sec);
	}
	return seed;
}

// Hashes addresses under a secret, so that who chooses the addresses cannot choose the places that
// they take in a table.
class SeededHash {
public:
	explicit SeededHash(uint64_t seed)
	    : key_{mix(seed ^ 0xa0761d6478bd642f, 0xe7037ed1a0b428db),
	           mix(seed ^ 0x8ebc6af09c88c6e3, 0x589965cc75374cc3)} {}

	uint64_t operator()(const uint8_t* address) const {
		uint64_t words[2];
		std::memcpy(words, address, sizeof words);
		return mix(mix(words[0] ^ key_[0], words[1] ^ key_[1]) ^ key_[0], 0x1d8e4e27c47d124f ^ key_[1]);
	}

private:
	// The halves of the 128-bit product, one on the other.
	static uint64_t mix(uint64_t a, uint64_t b) {
		__extension__ using Product = unsigned __int128;
		const Product product = static_cast<Product>(a) * b;
		return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
	}

	uint64_t key_[2];
};

} // namespace tmon::plugins
