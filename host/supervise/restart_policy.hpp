// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <optional>

namespace tmon {

// When a plugin that has crashed is started again: soon at first, then after pauses that double, and not at all
// once it has crashed too often in a short time.
class RestartPolicy {
public:
	using Clock = std::chrono::steady_clock;

	static constexpr std::chrono::milliseconds kFirstPause{100}, kSecondPause{1000}, kLongestPause{60'000};
	static constexpr std::size_t kMostCrashes = 5; // within kWindow: quarantine
	static constexpr std::chrono::seconds kWindow{60};

	// How long to wait before the next start; nullopt: never again. `ran_for`: from its start to the crash; who has
	// held out for kWindow begins anew.
	std::optional<std::chrono::milliseconds> after_crash(Clock::time_point now, Clock::duration ran_for) {
		crashes_.push_back(now);
		while (now - crashes_.front() > kWindow)
			crashes_.pop_front();
		if (crashes_.size() >= kMostCrashes)
			return std::nullopt;
		if (ran_for >= kWindow)
			pause_ = {};
		const auto pause = pause_.value_or(kFirstPause);
		pause_ = pause_ ? std::min(*pause_ * 2, kLongestPause) : kSecondPause;
		return pause;
	}

private:
	std::deque<Clock::time_point> crashes_;
	std::optional<std::chrono::milliseconds> pause_; // the next one
};

} // namespace tmon
