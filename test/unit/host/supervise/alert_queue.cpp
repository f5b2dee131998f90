// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/alert_queue.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using tmon::AlertQueue;

BOOST_AUTO_TEST_CASE(alerts_come_out_in_order_and_what_was_put_back_first) {
	AlertQueue queue;
	BOOST_TEST(queue.push("a", "3"));
	BOOST_TEST(queue.push("b", "4"));
	queue.put_back({"1", "2"});
	BOOST_TEST(queue.size() == 4u);
	for (const char* expected : {"1", "2", "3", "4"})
		BOOST_TEST(queue.pop() == expected);
	BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(who_floods_keeps_nobody_out) {
	AlertQueue queue;
	std::size_t taken = 0;
	while (queue.push("flood", "x"))
		++taken;
	BOOST_TEST(taken == AlertQueue::kMost / 2);
	for (std::size_t i = 0; i < AlertQueue::kMost / 2; ++i)
		BOOST_REQUIRE(queue.push("honest", "y"));
	BOOST_TEST(!queue.push("third", "z")); // it is full
	BOOST_TEST(queue.pop() == "x");
	BOOST_TEST(queue.push("flood", "x"));
	queue.clear();
	BOOST_TEST(queue.push("third", "z"));
}

BOOST_AUTO_TEST_CASE(long_alerts_are_bounded_by_their_bytes) {
	AlertQueue queue;
	const std::string large(60'000, 'x');
	std::size_t bytes = 0;
	for (const char* emitter : {"a", "b", "c"}) {
		while (queue.push(emitter, large))
			bytes += large.size();
	}
	BOOST_TEST(bytes <= AlertQueue::kMostBytes);
	BOOST_TEST(bytes > AlertQueue::kMostBytes - 2 * large.size());
	while (!queue.empty())
		bytes -= queue.pop().size();
	BOOST_TEST(bytes == 0u);
	BOOST_TEST(queue.push("a", large));
}

} // namespace
