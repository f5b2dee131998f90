// SPDX-License-Identifier: MIT OR Apache-2.0
//
// SIGHUP: plugins are added, removed, reconfigured and replaced while packets flow. What goes wrong leaves everything
// as it was.
#include "test/support/privileged.hpp"
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

const std::string as_they_were = "everything goes on as it was";

json::object counter(int number, json::object more = {}) {
	more["number"] = number;
	return animal("counter", "nothing", "on_batch", std::move(more));
}

} // namespace

BOOST_AUTO_TEST_SUITE(hot_swap, *needs_root())

BOOST_AUTO_TEST_CASE(a_count_survives_every_change) {
	const TempDir files;
	const std::filesystem::path file = files / "zoo.so";
	std::filesystem::copy_file(zoo_plugin("zoo"), file);
	const auto mine = [&](int number) { return counter(number, {{"plugin", file.string()}}); };
	Enclosure zoo({mine(1)});
	zoo.feed();
	const pid_t first = zoo.monitor->runners().at("counter");
	zoo.exchange({mine(2)}, "plugins reloaded; replaced counter");
	zoo.feed();
	BOOST_TEST(zoo.monitor->runners().at("counter") != first);
	// Another version of the file, under the same name; what follows the last section means nothing.
	std::filesystem::copy_file(file, files / "next.so");
	std::ofstream(files / "next.so", std::ios::app) << "2";
	std::filesystem::rename(files / "next.so", file);
	zoo.exchange({mine(2)}, "plugins reloaded; replaced counter");
	zoo.feed();
	zoo.exchange({mine(2)}, "plugins reloaded: nothing has changed");

	// What cannot be: all of it stays as it was.
	const pid_t last = zoo.monitor->runners().at("counter");
	zoo.exchange({mine(3), animal("new", "nothing", "on_batch", {{"limits", json::object{{"memory", "lots"}}}})},
	             "the configuration is wrong: everything goes on as it was");
	std::ofstream(files / "text.so") << "no plugin";
	zoo.exchange({mine(3), animal("new", "nothing", "on_batch", {{"plugin", (files / "text.so").string()}})},
	             "the configuration is wrong: everything goes on as it was");
	const auto bad = [&](const char* does, const char* in, json::object more = {}) {
		json::object it = animal("counter", does, in, std::move(more));
		it["plugin"] = file.string();
		return it;
	};
	zoo.exchange({bad("status", "create", {{"status", -1}})}, as_they_were);
	zoo.exchange({bad("segfault", "create")}, as_they_were);
	zoo.exchange({bad("status", "restore", {{"status", -5}})}, as_they_were);
	zoo.exchange({bad("abort", "restore")}, as_they_were);
	zoo.exchange({mine(3), animal("new", "exit", "create")}, as_they_were);
	// A successor that was not needed may still be going.
	BOOST_TEST(eventually([&] { return zoo.monitor->runners().at("counter") == last; }));
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "[counter] counted " + std::to_string(zoo.denied()) + "\n"), ended.errors);
	BOOST_TEST(figure(ended.stats, "/plugins/counter/delivered") == zoo.denied());
}

BOOST_AUTO_TEST_CASE(one_that_crashes_in_its_first_seconds_is_taken_back) {
	Enclosure zoo({counter(1)});
	const uint64_t counted = zoo.feed();
	zoo.exchange({animal("counter", "segfault")}, "plugins reloaded; replaced counter");
	zoo.poison();
	zoo.heard("plugin counter: zoo 1 has crashed in its first seconds: its runner was ended by SIGSEGV");
	zoo.heard("going back to 1 as it was configured before");
	zoo.heard("plugin counter runs again");
	const uint64_t more = zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "[counter] counted " + std::to_string(counted + more) + "\n"), ended.errors);
	BOOST_TEST(figure(ended.stats, "/plugins/counter/failed") == 1u);
}

BOOST_AUTO_TEST_CASE(plugins_come_and_go) {
	Enclosure zoo({counter(1)});
	zoo.feed();
	zoo.exchange({counter(1), animal("second", "nothing")}, "plugins reloaded; added second");
	const uint64_t both = zoo.feed();
	zoo.exchange({animal("second", "nothing")}, "plugins reloaded; removed counter");
	const uint64_t alone = zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(figure(ended.stats, "/plugins/second/delivered") == both + alone);
	BOOST_TEST(figure(ended.stats, "/plugins/counter/delivered") == zoo.denied() - alone);
}

BOOST_AUTO_TEST_CASE(a_configuration_is_taken_without_a_new_process) {
	const auto it = [](json::object config) {
		return plugin(zoo_plugin("reconfigures"), "it", std::move(config));
	};
	Enclosure zoo({it({{"number", 1}})});
	zoo.feed();
	const pid_t process = zoo.monitor->runners().at("it");
	zoo.exchange({it({{"number", 2}})}, "plugins reloaded; reconfigured it");
	zoo.feed();
	zoo.exchange({it({{"number", 3}, {"refuse", true}})}, as_they_were);
	// Others' failures take it back.
	zoo.exchange({it({{"number", 4}}), animal("new", "abort", "create")}, as_they_were);
	BOOST_TEST(zoo.monitor->runners().at("it") == process);
	zoo.feed();
	std::string counted = "[it] counted " + std::to_string(zoo.denied()) + ", number 2\n";
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, counted), ended.errors);
}

BOOST_AUTO_TEST_CASE(it_is_replaced_whatever_it_does) {
	const json::object soon{{"limits", json::object{{"deadline", "300ms"}}}};
	Enclosure zoo({animal("state", "huge_state", "save"), animal("beats", "beats", "on_batch", soon),
	               animal("forger", "messages"), animal("saver", "hang", "save", soon)});
	zoo.feed();
	zoo.poison();
	std::this_thread::sleep_for(100ms);
	// More state than there may be calls it off.
	zoo.exchange({animal("state", "nothing"), animal("beats", "nothing", "on_batch", soon),
	              animal("forger", "nothing"), animal("saver", "nothing", "on_batch", soon)},
	             as_they_were);
	zoo.heard("[state] the state is too long after 64 MiB");
	zoo.exchange({animal("state", "huge_state", "save"), animal("beats", "nothing", "on_batch", soon),
	              animal("forger", "nothing"), animal("saver", "nothing", "on_batch", soon)},
	             "plugins reloaded; replaced beats, forger, saver");
	zoo.feed();
	const Ended ended = zoo.close(0);
	for (const char* name : {"state", "beats", "forger", "saver"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/offered") == zoo.denied(), name);
}

BOOST_AUTO_TEST_SUITE_END()
