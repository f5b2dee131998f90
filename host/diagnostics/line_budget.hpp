// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace tmon {

// How many lines somebody may still write: a number at once, and then so many a second. What goes beyond is
// counted.
class LineBudget {
public:
	using Clock = std::chrono::steady_clock;

	LineBudget(uint32_t at_once, uint32_t per_second) : at_once_(at_once), per_second_(per_second), left_(at_once) {}

	// Whether one more line may be written at `now`, which does not go back.
	bool take(Clock::time_point now) {
		if (last_ == Clock::time_point{})
			last_ = now;
		left_ = std::min<double>(at_once_, left_ + per_second_ * std::chrono::duration<double>(now - last_).count());
		last_ = now;
		if (left_ < 1) {
			++refused_;
			return false;
		}
		left_ -= 1;
		return true;
	}

	// Lines refused since this was last asked.
	uint64_t take_refused() { return std::exchange(refused_, 0); }

private:
	uint32_t at_once_, per_second_;
	double left_;
	uint64_t refused_ = 0;
	Clock::time_point last_{};
};

} // namespace tmon
