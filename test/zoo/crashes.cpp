// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins that end, or do not return: in each call, by each means. They are started again and lose what they had in
// hand; nobody else loses anything.
#include "host/recording/recording.hpp"
#include "test/support/privileged.hpp"
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kLongestRestart = 5; // a sanitizer takes its time to start
#else
constexpr double kLongestRestart = 1;
#endif

struct Case {
	std::string name, does, in, reason;
	json::object more = {};
};

json::object with_deadline(const char* deadline) { return {{"limits", json::object{{"deadline", deadline}}}}; }

std::vector<json::object> animals(const std::vector<Case>& cases) {
	std::vector<json::object> all;
	for (const Case& one : cases)
		all.push_back(animal(one.name, one.does, one.in, one.more));
	return all;
}

std::vector<std::filesystem::path> saved(const Monitor& monitor, const std::string& name) {
	std::vector<std::filesystem::path> files;
	if (!std::filesystem::exists(monitor.crashes()))
		return files;
	for (const auto& entry : std::filesystem::directory_iterator(monitor.crashes())) {
		if (entry.path().filename().string().starts_with(name + "."))
			files.push_back(entry.path());
	}
	return files;
}

bool holds_the_poison(const std::filesystem::path& file) {
	for (const tmon::RecordedBatch& batch : tmon::read_recording(file).batches) {
		for (const tmon_event& event : batch.events) {
			if (event.src_port == 57005)
				return true;
		}
	}
	return false;
}

void check_crash_and_restart(const Enclosure& zoo, const Case& one) {
	const std::string crashed = "plugin " + one.name + " has crashed", again = "plugin " + one.name + " runs again";
	if (!zoo.heard(crashed) || !zoo.heard(again))
		return;
	const std::string log = zoo.monitor->errors();
	BOOST_TEST(says(log, crashed + ": " + one.reason), log);
	const double took = seconds_between(log, crashed, again);
	BOOST_TEST((took >= 0 && took <= kLongestRestart), one.name << " was started again after " << took << " s");
}

// What it had in hand has failed, and nothing else; once more after it was started again.
void check_loss(const Ended& ended, const Enclosure& zoo, const std::string& name) {
	const std::string own = "/plugins/" + name;
	BOOST_TEST(figure(ended.stats, own + "/offered") == zoo.denied(), name);
	BOOST_TEST(figure(ended.stats, own + "/failed") + figure(ended.stats, own + "/lagged") <= 1024u, name);
	BOOST_TEST(figure(ended.stats, own + "/failed") > 0u, name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(crashes, *needs_root())

BOOST_AUTO_TEST_CASE(in_on_batch) {
	const std::vector<Case> cases = {
	    {"escape", "escape", "on_batch", "it got out"},
	    {"segfault", "segfault", "on_batch", "its runner was ended by SIGSEGV"},
	    {"abort", "abort", "on_batch", "its runner was ended by SIGABRT"},
	    {"exit", "exit", "on_batch", "its runner exited with status 0"},
	    {"exit-now", "_exit", "on_batch", "its runner exited with status 0"},
	    {"stack", "stack_overflow", "on_batch", "its runner was ended by SIGSEGV"},
	    {"leak", "leak", "on_batch", "", {{"limits", json::object{{"memory", "32M"}}}}},
	    {"shut", "shut_socket", "on_batch", "its runner exited with status 1"},
	    {"close", "close_socket", "on_batch", "its runner exited with status 1"},
	    {"refuse", "refuse", "on_batch", ""},
	};
	Enclosure zoo(animals(cases));
	zoo.feed();
	BOOST_TEST(eventually([&] { return saved(*zoo.monitor, "segfault").empty(); }));
	std::this_thread::sleep_for(50ms); // so that all but the poison has been flushed
	zoo.poison();
	for (const Case& one : cases) {
		if (one.name != "refuse") // it only says so
			check_crash_and_restart(zoo, one);
	}
	zoo.feed();
	const Ended ended = zoo.close(0);
	for (const Case& one : cases) {
		BOOST_TEST_CONTEXT(one.name) {
			if (one.name == "refuse") {
				BOOST_TEST(figure(ended.stats, "/plugins/refuse/delivered") == zoo.denied());
				continue;
			}
			check_loss(ended, zoo, one.name);
			// Whoever only cut the line has taken its batch first.
			const auto files = saved(*zoo.monitor, one.name);
			BOOST_TEST(files.size() == 1u);
			for (const auto& file : files)
				BOOST_TEST(holds_the_poison(file), file);
		}
	}
}

BOOST_AUTO_TEST_CASE(by_not_returning) {
	const std::vector<Case> cases = {
	    {"hang", "hang", "on_batch", "it did not return from on_batch within 300 ms", with_deadline("300ms")},
	    {"spin", "spin", "on_batch", "it did not return from on_batch within 300 ms", with_deadline("300ms")},
	    {"stop", "stop", "on_batch", "it did not return from on_batch within 300 ms", with_deadline("300ms")},
	    {"flush", "hang", "flush", "it did not return from flush within 300 ms", with_deadline("300ms")},
	    {"tick", "hang", "on_tick", "it did not return from on_tick within 300 ms", with_deadline("300ms")},
	    {"slow", "hang", "on_batch", "it did not return from on_batch within 2000 ms"},
	};
	Enclosure zoo(animals(cases), {"--stats-interval", "200ms"});
	zoo.feed();
	zoo.poison();
	for (const Case& one : cases)
		check_crash_and_restart(zoo, one);
	zoo.feed();
	const Ended ended = zoo.close(0);
	for (const Case& one : cases)
		BOOST_TEST(figure(ended.stats, "/plugins/" + one.name + "/offered") == zoo.denied());
}

BOOST_AUTO_TEST_CASE(in_other_calls) {
	const std::vector<Case> cases = {
	    {"flush", "segfault", "flush", "its runner was ended by SIGSEGV"},
	    {"flush-escape", "escape", "flush", "it got out"},
	    {"tick", "abort", "on_tick", "its runner was ended by SIGABRT"},
	    {"tick-escape", "escape", "on_tick", "it got out"},
	    {"alert", "segfault", "on_alert", "its runner was ended by SIGSEGV"},
	    {"alert-escape", "escape", "on_alert", "it got out"},
	};
	std::vector<json::object> all = animals(cases);
	all.push_back(animal("caller", "alert", "on_tick")); // after the poison has been seen by all
	Enclosure zoo(all, {"--stats-interval", "200ms"});
	zoo.feed();
	zoo.poison();
	for (const Case& one : cases)
		check_crash_and_restart(zoo, one);
	zoo.feed();
	const Ended ended = zoo.close(0);
	for (const Case& one : cases) {
		const std::string own = "/plugins/" + one.name;
		BOOST_TEST(figure(ended.stats, own + "/offered") == zoo.denied());
		BOOST_TEST(figure(ended.stats, own + "/failed") + figure(ended.stats, own + "/delivered") == zoo.denied());
	}
}

BOOST_AUTO_TEST_CASE(at_the_end) {
	const std::vector<Case> cases = {
	    {"end-crash", "segfault", "on_end", ""},
	    {"end-hang", "hang", "on_end", "", with_deadline("200ms")},
	    {"gone-crash", "segfault", "destroy", ""},
	    {"gone-hang", "hang", "destroy", "", with_deadline("200ms")},
	    {"gone-exit", "exit", "destroy", ""},
	};
	Enclosure zoo(animals(cases));
	zoo.feed();
	zoo.poison();
	zoo.feed();
	const Ended ended = zoo.close(1);
	BOOST_TEST(says(ended.errors, "plugin end-crash has crashed: its runner was ended by SIGSEGV"), ended.errors);
	BOOST_TEST(says(ended.errors, "plugin end-hang has crashed: it did not return from on_end within 200 ms"), ended.errors);
	BOOST_TEST(says(ended.errors, "plugin gone-crash is dead: its runner was ended by SIGSEGV"));
	BOOST_TEST(says(ended.errors, "plugin gone-hang is dead: it did not return from destroy within 200 ms"), ended.errors);
	BOOST_TEST(says(ended.errors, "plugin gone-exit is dead: its runner exited with status 0"));
	// Whatever they did then, they had got and flushed everything.
	for (const char* name : {"gone-crash", "gone-hang", "gone-exit"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == zoo.denied(), name);
}

BOOST_AUTO_TEST_CASE(again_and_again) {
	const std::vector<Case> cases = {
	    {"often", "segfault", "on_batch", "", {{"always", true}}},
	    {"create", "segfault", "restore", ""}, // is never asked to
	};
	Enclosure zoo(animals(cases));
	const auto start = std::chrono::steady_clock::now();
	while (!says(zoo.monitor->errors(), "plugin often is dead") && std::chrono::steady_clock::now() - start < 20s)
		zoo.feed(200);
	zoo.feed();
	const Ended ended = zoo.close(1);
	for (const char* pause : {"100", "1000", "2000", "4000"})
		BOOST_TEST(says(ended.errors, std::string("it is started again in ") + pause + " ms"), ended.errors);
	BOOST_TEST(says(ended.errors, "that was the 5th time within a minute: it is not started again"), ended.errors);
	BOOST_TEST(figure(ended.stats, "/plugins/often/delivered") == 0u);
	BOOST_TEST(figure(ended.stats, "/plugins/often/failed") == zoo.denied());
	BOOST_TEST(figure(ended.stats, "/plugins/create/delivered") == zoo.denied());
	BOOST_TEST(saved(*zoo.monitor, "often").size() <= 10u);
	BOOST_TEST(!saved(*zoo.monitor, "often").empty());
}

// What plugin.hpp makes of exceptions: a status, and no crash.
BOOST_AUTO_TEST_CASE(exceptions_become_statuses) {
	for (const char* isolation : {"process", "thread"}) {
		BOOST_TEST_CONTEXT(isolation) {
			std::vector<json::object> all;
			for (const char* call : {"on_batch", "flush", "on_tick", "on_alert", "on_end"}) {
				all.push_back(plugin(zoo_plugin("throws_anywhere"), call, {{"in", call}}, isolation));
				all.push_back(plugin(zoo_plugin("throws_anywhere"), std::string(call) + "-int",
				                     {{"in", call}, {"odd", true}}, isolation));
			}
			all.push_back(animal("caller", "alert", "on_batch"));
			Enclosure zoo(all, {"--stats-interval", "200ms"});
			zoo.feed();
			zoo.poison();
			zoo.heard("[on_alert] on_alert failed (1 failures so far): thrown in on_alert");
			zoo.heard("[on_tick] on_tick failed (1 failures so far): thrown in on_tick");
			const Ended ended = zoo.close(0);
			for (const char* call : {"on_batch", "flush", "on_end"})
				BOOST_TEST(says(ended.errors, std::string("[") + call + "] " + call +
				                                  " failed (1 failures so far): thrown in " + call),
				           ended.errors);
			BOOST_TEST(!says(ended.errors, "has crashed"), ended.errors);
			for (const char* failed : {"on_batch", "flush", "on_batch-int", "flush-int"})
				BOOST_TEST(figure(ended.stats, std::string("/plugins/") + failed + "/failed") == zoo.denied(), failed);
			for (const char* fine : {"on_tick", "on_alert", "on_end", "on_tick-int", "on_alert-int", "on_end-int"})
				BOOST_TEST(figure(ended.stats, std::string("/plugins/") + fine + "/delivered") == zoo.denied(), fine);
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
