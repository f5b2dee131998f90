// SPDX-License-Identifier: MIT OR Apache-2.0
//
// In threads of the host: what can still be promised there.
#include "test/support/privileged.hpp"
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

json::object in_thread(const std::string& name, const std::string& does, const std::string& in = "on_batch",
                       json::object more = {}) {
	return animal(name, does, in, std::move(more), "thread");
}

} // namespace

BOOST_AUTO_TEST_SUITE(threads, *needs_root())

BOOST_AUTO_TEST_CASE(statuses_floods_and_misuse) {
	Enclosure zoo({
	    in_thread("unknown", "status", "on_batch", {{"status", -4711}}),
	    in_thread("alerts", "alert_flood"),
	    in_thread("lines", "log_flood"),
	    in_thread("serial", "serial_misuse"),
	    in_thread("left", "thread_left", "destroy"),
	});
	zoo.feed();
	std::this_thread::sleep_for(50ms);
	zoo.poison();
	zoo.heard("[unknown] on_batch failed (1 failures so far): unknown status");
	zoo.heard("[serial] from a thread: open gave -5, interface_name 0");
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "[serial] open was used by a thread of the plugin, or outside of a call: it is [serial]"),
	           ended.errors);
	BOOST_TEST(figure(ended.stats, "/plugins/unknown/failed") == 1u);
	for (const char* name : {"alerts", "lines", "serial", "left"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == zoo.denied(), name);
	// And perhaps one or two of a thread that "left" has started in destroy, before it was over.
	BOOST_TEST(figure(ended.stats, "/alerts/emitted") >= 100'000u);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_go_on_and_one_that_asks_for_ever) {
	Enclosure zoo({in_thread("fatal", "status", "on_batch", {{"status", -6}}),
	               in_thread("never", "status", "on_batch", {{"status", 1}, {"always", true}})});
	zoo.feed();
	zoo.poison();
	zoo.heard("[fatal] gets no more events: it cannot go on");
	zoo.feed();
	const Ended ended = zoo.close(1);
	BOOST_TEST(says(ended.errors, "plugin never has not read everything within 2 s"));
	BOOST_TEST(figure(ended.stats, "/plugins/never/delivered") == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_hangs_is_named_and_the_host_ends) {
	Enclosure zoo({in_thread("hang", "hang", "on_batch", {{"limits", json::object{{"deadline", "300ms"}}}})});
	zoo.poison();
	zoo.heard("plugin hang did not return from on_batch within 300 ms; it runs in a thread and cannot be ended");
	zoo.feed();
	// The accounts are exact, but what it has is still with it.
	const Ended ended = zoo.monitor->stop();
	BOOST_TEST(ended.status == 1);
	BOOST_TEST(says(ended.errors, "plugin hang runs in a thread and does not return"));
	BOOST_TEST(figure(ended.stats, "/plugins/good/delivered") == zoo.denied());
	BOOST_TEST(figure(ended.stats, "/plugins/hang/pending") == zoo.denied());
	BOOST_TEST(eventually([&] { return !any_process_left(*zoo.monitor); }));
}

BOOST_AUTO_TEST_SUITE_END()
