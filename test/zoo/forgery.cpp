// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins that speak for their runner: what they write into the page and the socket that they share with the host
// can change nothing but their own account, and that still adds up.
#include "test/support/privileged.hpp"
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(forgery, *needs_root())

BOOST_AUTO_TEST_CASE(of_messages) {
	const json::object soon{{"limits", json::object{{"deadline", "300ms"}}}};
	Enclosure zoo({animal("messages", "messages"), animal("mute", "mute", "on_batch", soon),
	               animal("empty", "empty_message", "on_batch", soon)});
	zoo.feed();
	zoo.poison();
	for (const char* name : {"mute", "empty"}) {
		zoo.heard(std::string("plugin ") + name + " has crashed: it has closed its connection to the host");
		zoo.heard(std::string("plugin ") + name + " runs again");
	}
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(figure(ended.stats, "/plugins/messages/delivered") == zoo.denied());
	BOOST_TEST(!says(ended.errors, "plugin messages has"), ended.errors);
}

BOOST_AUTO_TEST_CASE(of_cursors) {
	Enclosure zoo({animal("beyond", "cursor_beyond"), animal("back", "cursor_back")});
	zoo.feed();
	zoo.poison();
	zoo.heard("plugin beyond has crashed: it says what cannot be true: ring ");
	zoo.heard("plugin beyond runs again");
	zoo.feed();
	// The one that goes back is found out unless it gets events of the same ring afterwards.
	const Ended ended = zoo.close(kEither);
	for (const char* name : {"beyond", "back"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/offered") == zoo.denied());
	BOOST_TEST(figure(ended.stats, "/plugins/beyond/failed") > 0u);
}

BOOST_AUTO_TEST_CASE(of_counters) {
	Enclosure zoo({animal("counters", "counters"), animal("metrics", "metrics"), animal("batch", "batch"),
	               animal("handled", "handled"), animal("fro", "to_and_fro")},
	              {"--stats-interval", "100ms"});
	zoo.feed();
	zoo.poison();
	zoo.heard("plugin batch has crashed: its runner was ended by SIGSEGV");
	zoo.heard("plugin batch runs again");
	zoo.heard("plugin fro has crashed: it says what cannot be true: ring ");
	zoo.heard("plugin fro runs again");
	zoo.feed();
	const Ended ended = zoo.close(1);
	BOOST_TEST(says(ended.errors, "plugin counters: what its runner says cannot be true: it took "), ended.errors);
	for (const char* name : {"counters", "metrics", "batch", "handled", "fro"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/offered") == zoo.denied(), name);
	// Those only harm what nobody relies on.
	for (const char* name : {"metrics", "handled"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == zoo.denied(), name);
}

BOOST_AUTO_TEST_SUITE_END()
