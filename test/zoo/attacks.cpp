// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins that attack the host, each other and the machine, and that use up what they can get.
#include "test/support/privileged.hpp"
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

using namespace tmon::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(attacks, *needs_root())

BOOST_AUTO_TEST_CASE(are_refused_or_deadly) {
	const TempDir outside;
	chmod(outside.path().c_str(), 0777);
	const std::string others = outside.write("others", "private\n").string();
	std::filesystem::permissions(others, std::filesystem::perms(0666));
	const json::array grant{json::object{{"write", "PEN"}}};
	std::vector<json::object> all = {
	    animal("all", "attacks", "on_batch",
	           {{"grant", grant},
	            {"inside", "PEN/inside"},
	            {"outside", (outside / "outside").string()},
	            {"other", others}}),
	    animal("victim", "nothing"),
	    animal("files", "shared_files"),
	};
	const std::vector<std::string> deadly = {"ptrace", "bpf", "mount", "unshare", "io_uring", "write_memory"};
	for (const std::string& call : deadly)
		all.push_back(animal(call, call));
	Enclosure zoo(all);
	zoo.feed();
	const auto before = zoo.monitor->runners();
	zoo.poison(zoo.monitor->pid());
	zoo.heard("[all] attacks: ");
	zoo.heard("[files] shared files: ");
	for (const std::string& call : deadly) {
		zoo.heard("plugin " + call + " has crashed: its runner was ended by SIGSYS");
		zoo.heard("plugin " + call + " runs again");
	}
	BOOST_TEST(zoo.monitor->runners().at("all") == before.at("all"));
	// Once more, against another plugin.
	zoo.poison(before.at("victim"));
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "[all] attacks: 25 refused, done:; granted: inside\n"), ended.errors);
	BOOST_TEST(says(ended.errors, " refused, done:\n"), ended.errors);
	BOOST_TEST(!says(ended.errors, "plugin victim has"), ended.errors);
	BOOST_TEST(!says(ended.errors, "plugin all has"), ended.errors);
	BOOST_TEST(std::filesystem::exists(zoo.pen / "inside"));
	BOOST_TEST(!std::filesystem::exists(outside / "outside"));
	BOOST_TEST(!std::filesystem::exists("/tmp/tmon-zoo-was-here"));
	for (const char* name : {"all", "victim", "files"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == zoo.denied(), name);
}

BOOST_AUTO_TEST_CASE(floods_and_leaks) {
	Enclosure zoo({
	    animal("alerts", "alert_flood"),
	    animal("lines", "log_flood"),
	    animal("output", "output_flood"),
	    animal("threads", "threads"),
	    animal("left", "thread_left"),
	    animal("serial", "serial_misuse"),
	});
	zoo.feed();
	zoo.poison();
	zoo.heard("[threads] threads: ");
	zoo.heard("[serial] from a thread: open gave -5, interface_name 0");
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "[serial] open was used by a thread of the plugin, or outside of a call: it is [serial]"),
	           ended.errors);
	BOOST_TEST(says(ended.errors, "lines are not shown: more than 20 a second"));
	BOOST_TEST(ended.errors.size() < 3'000'000u);
	for (const char* name : {"alerts", "lines", "output", "threads", "left", "serial"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == zoo.denied(), name);
	BOOST_TEST(figure(ended.stats, "/alerts/emitted") >= 100'000u);
	BOOST_TEST(figure(ended.stats, "/alerts/emitted") ==
	           figure(ended.stats, "/alerts/accepted") + figure(ended.stats, "/alerts/refused"));
	// 32 threads are its limit, one of them is the runner's.
	BOOST_TEST(says(ended.errors, "[threads] threads: 31 could be started"), ended.errors);
}

BOOST_AUTO_TEST_CASE(statuses_that_there_are_not) {
	Enclosure zoo({
	    animal("fatal", "status", "on_batch", {{"status", -6}}),
	    animal("unknown", "status", "on_batch", {{"status", -4711}}),
	    animal("positive", "status", "on_batch", {{"status", 4711}}),
	    animal("flush-fatal", "status", "flush", {{"status", -6}}),
	    animal("flush-retry", "status", "flush", {{"status", 1}}),
	});
	zoo.feed();
	std::this_thread::sleep_for(50ms);
	zoo.poison();
	zoo.heard("[fatal] gets no more events: it cannot go on");
	zoo.heard("[flush-fatal] gets no more events: it cannot go on");
	zoo.heard("[unknown] on_batch failed (1 failures so far): unknown status");
	zoo.heard("[positive] on_batch failed (1 failures so far): unknown status");
	const uint64_t later = zoo.feed();
	const Ended ended = zoo.close(1); // two could not go on
	for (const char* name : {"unknown", "positive", "flush-retry"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/failed") == 1u, name);
	for (const char* name : {"fatal", "flush-fatal"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/failed") == later + 1, name);
}

BOOST_AUTO_TEST_CASE(asking_for_ever) {
	Enclosure zoo({animal("never", "status", "on_batch", {{"status", 1}, {"always", true}})});
	zoo.feed();
	const Ended ended = zoo.close(0);
	BOOST_TEST(says(ended.errors, "plugin never has not read everything within 2 s"), ended.errors);
	BOOST_TEST(figure(ended.stats, "/plugins/never/delivered") == 0u);
	BOOST_TEST(figure(ended.stats, "/plugins/never/failed") == zoo.denied());
}

BOOST_AUTO_TEST_CASE(before_the_first_event) {
	const Wire wire;
	const TempDir files;
	const std::vector<std::pair<std::string, std::string>> cases = {
	    {"constructor_segfault", "its runner was ended by SIGSEGV"},
	    {"constructor_abort", "its runner was ended by SIGABRT"},
	    {"constructor_exit", "its runner exited with status 0"},
	    {"constructor_hang", "it did not return from loading within 5000 ms"},
	    {"create_refuses", "input or output failed"},
	    {"create_invalid", "unknown status"},
	    {"short_api", "short_api.so cannot be used: its function table is too short or lacks create or destroy"},
	    {"no_create", "no_create.so cannot be used: its function table is too short or lacks create or destroy"},
	    {"no_batch", "its manifest says that it has events, but it has not"},
	    {"garbage_extension", "its runner was ended by SIGSEGV"},
	    {"short_extension", "its manifest says that it has ticks, but it has not"},
	    {"lies_about_id", "its entry has the id \"even\", its manifest says \"odd\""},
	    {"lies_about_version", "its entry has the version \"2\", its manifest says \"1\""},
	    {"lies_about_capabilities", "its manifest says that it has ticks, but it has not"},
	    {"lies_about_abi", "it was built for plugin ABI 7.0, this is 1.0"},
	    {"lies_about_manifest", "the manifest in its section is not the one that its entry names"},
	    {"wrong_magic", "does not begin with the magic of a plugin"},
	    {"undefined_symbol", "undefined symbol: tmon_zoo_is_nowhere"},
	};
	json::array plugins{plugin(test_plugin("tally"), "good")};
	for (const auto& [name, reason] : cases)
		plugins.push_back(plugin(zoo_plugin(name), name));
	const std::string config = files.write("config.json", json::serialize(config_with(plugins))).string();
	const Finished finished = run_monitor(wire.watched, {"-i", wire.interface(), "-c", config});
	BOOST_TEST(finished.status == 3, finished.errors);
	for (const auto& [name, reason] : cases) {
		const std::size_t at = finished.errors.find(": plugin " + name + ": ");
		BOOST_TEST(at != std::string::npos, name << "\n" << finished.errors);
		if (at == std::string::npos)
			continue;
		const std::string line = finished.errors.substr(at, finished.errors.find('\n', at) - at);
		BOOST_TEST(says(line, reason), line);
	}
	BOOST_TEST(!says(finished.errors, "plugin good"), finished.errors);
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
