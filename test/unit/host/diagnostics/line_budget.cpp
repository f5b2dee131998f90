// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/diagnostics/line_budget.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace tmon;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_number_at_once_and_then_so_many_a_second) {
	LineBudget budget(5, 2);
	LineBudget::Clock::time_point now{1s};
	for (int i = 0; i < 5; ++i)
		BOOST_TEST(budget.take(now));
	BOOST_TEST(!budget.take(now));
	BOOST_TEST(!budget.take(now += 400ms));
	BOOST_TEST(budget.take_refused() == 2u);
	BOOST_TEST(budget.take_refused() == 0u);
	BOOST_TEST(budget.take(now += 200ms)); // 0.6 s: one line, and a bit
	BOOST_TEST(!budget.take(now));
	// What is not used does not pile up beyond what may come at once.
	now += 1h;
	for (int i = 0; i < 5; ++i)
		BOOST_TEST(budget.take(now));
	BOOST_TEST(!budget.take(now));
}

} // namespace
