// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/restart_policy.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace tmon;
using namespace std::chrono_literals;
using Pause = std::optional<std::chrono::milliseconds>;

BOOST_AUTO_TEST_CASE(five_crashes_in_a_minute_are_too_many) {
	RestartPolicy policy;
	RestartPolicy::Clock::time_point now{};
	for (const auto expected : {100ms, 1000ms, 2000ms, 4000ms})
		BOOST_TEST((policy.after_crash(now += 1s, 0s) == Pause(expected)));
	BOOST_TEST(!policy.after_crash(now += 1s, 0s).has_value());
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_a_minute) {
	RestartPolicy policy;
	RestartPolicy::Clock::time_point now{};
	Pause pause;
	for (const auto expected : {100ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 32000ms, 60000ms, 60000ms}) {
		now += 20s; // never five within a minute
		pause = policy.after_crash(now, 20s);
		BOOST_TEST((pause == Pause(expected)));
	}
}

BOOST_AUTO_TEST_CASE(who_has_held_out_for_a_minute_begins_anew) {
	RestartPolicy policy;
	RestartPolicy::Clock::time_point now{};
	policy.after_crash(now += 20s, 20s);
	policy.after_crash(now += 20s, 20s);
	BOOST_TEST((policy.after_crash(now += 61s, 61s) == Pause(100ms)));
	BOOST_TEST((policy.after_crash(now += 1s, 1s) == Pause(1000ms)));
}

// The fifth counts only while the first is not older than a minute.
BOOST_AUTO_TEST_CASE(a_minute_is_a_minute) {
	RestartPolicy policy;
	const RestartPolicy::Clock::time_point start{};
	for (int i = 0; i < 4; ++i)
		BOOST_TEST(policy.after_crash(start + i * 1s, 0s).has_value());
	BOOST_TEST(policy.after_crash(start + 60s + 1ms, 0s).has_value());
	BOOST_TEST(!policy.after_crash(start + 60s + 2ms, 0s).has_value());
}

} // namespace
