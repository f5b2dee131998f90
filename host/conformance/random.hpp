// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>

namespace tmon {

// The same numbers from the same seed, wherever it runs: what the standard library's distributions do not promise.
// (splitmix64)
class Random {
public:
	explicit Random(uint64_t seed) noexcept : state_(seed) {}

	uint64_t next() noexcept {
		state_ += 0x9e3779b97f4a7c15ull;
		uint64_t z = state_;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
		return z ^ (z >> 31);
	}
	// 0 to limit - 1; `limit` is not 0.
	uint64_t below(uint64_t limit) noexcept { return next() % limit; }
	bool one_in(uint64_t n) noexcept { return below(n) == 0; }

private:
	uint64_t state_;
};

} // namespace tmon
