// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins as they are run: those that behave, those that do not, and what the host lets them have.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <sys/stat.h>

using namespace tmon::test;
namespace json = boost::json;

namespace {

uint64_t lines_in(const std::filesystem::path& file) {
	const std::string text = read_file(file);
	return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// The values of /proc/PID/status by their names.
std::map<std::string, std::string> status_of(pid_t pid) {
	std::istringstream text(read_file("/proc/" + std::to_string(pid) + "/status"));
	std::map<std::string, std::string> values;
	for (std::string line; std::getline(text, line);) {
		const std::size_t colon = line.find(":\t");
		if (colon != std::string::npos)
			values[line.substr(0, colon)] = line.substr(colon + 2);
	}
	return values;
}

struct Descriptor {
	std::string target; // of the link in /proc/PID/fd
	std::string info;   // /proc/PID/fdinfo
};

// The files of `known` are told by what they are: the kernel names a file as it is called where the process runs,
// which need not be what it is called here.
std::vector<Descriptor> descriptors_of(pid_t pid, const std::vector<std::string>& known) {
	std::vector<Descriptor> found;
	const std::string process = "/proc/" + std::to_string(pid);
	for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
		std::string target = std::filesystem::read_symlink(entry.path()).string();
		for (const std::string& path : known) {
			struct stat here, there;
			if (stat(path.c_str(), &here) == 0 && stat(entry.path().c_str(), &there) == 0 &&
			    here.st_dev == there.st_dev && here.st_ino == there.st_ino)
				target = path;
		}
		found.push_back({target, read_file(process + "/fdinfo/" + entry.path().filename().string())});
	}
	return found;
}

// Runs a misbehaving plugin beside a logger, which must notice nothing.
struct Beside {
	Wire wire;
	TempDir logs;
	Monitor monitor;

	explicit Beside(const std::string& bad, std::vector<std::string> arguments = {})
	    : monitor(wire.watched,
	              {.interfaces = {wire.interface()},
	               .config = config_with({plugin(test_plugin(bad), "bad"),
	                                      plugin("logger-json", "log", {{"file", (logs / "log").string()}})}),
	               .arguments = std::move(arguments)}) {}

	void check_neighbour(const Ended& ended, const Sent& sent) const {
		check_accounts(ended.stats);
		BOOST_TEST(figure(ended.stats, "/denied") == sent.denied);
		BOOST_TEST(figure(ended.stats, "/plugins/log/delivered") == sent.denied);
		BOOST_TEST(lines_in(logs / "log") == sent.denied);
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(plugins, *needs_root())

BOOST_AUTO_TEST_CASE(a_port_scan_is_one_alert_from_open_to_closed) {
	const Wire wire;
	const TempDir logs;
	const std::string file = (logs / "alerts").string();
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin("threats", "threats"),
	                                                      plugin("alerts", "alerts", {{"file", file}})})});
	const Sent sent = wire.send({"--scenario", "port-scan", "--count", "5000", "--rate", "20000"});
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == sent.denied);

	std::map<std::string, int> states;
	std::set<std::string> ids;
	std::istringstream lines(read_file(file));
	for (std::string line; std::getline(lines, line);) {
		const json::value alert = json::parse(line);
		BOOST_TEST(json::value_to<std::string>(alert.at("src")) == "203.0.113.7");
		BOOST_TEST(json::value_to<std::string>(alert.at("rule")) == "port_scan");
		BOOST_TEST(json::value_to<std::string>(alert.at("emitter")) == "threats");
		const auto state = json::value_to<std::string>(alert.at("state"));
		if (state == "closed")
			BOOST_TEST(json::value_to<uint64_t>(alert.at("count")) == sent.denied);
		++states[state];
		ids.insert(json::value_to<std::string>(alert.at("alert_id")));
	}
	BOOST_TEST(states["open"] == 1);
	BOOST_TEST(states["closed"] == 1);
	BOOST_TEST(ids.size() == 1u);
	BOOST_TEST(says(ended.output, "[ALERT] high port_scan open 203.0.113.7 -> 10.0.0.1"));
	BOOST_TEST(says(ended.output, "port_scan closed 203.0.113.7"));
	const uint64_t emitted = figure(ended.stats, "/alerts/emitted");
	BOOST_TEST(emitted == figure(ended.stats, "/alerts/accepted"));
	BOOST_TEST(figure(ended.stats, "/plugins/alerts/alerts/delivered") == emitted);
	BOOST_TEST(lines_in(file) == emitted);
}

BOOST_AUTO_TEST_CASE(plugins_of_ones_own_by_path_in_cpp_and_c) {
	const Wire wire;
	for (const char* isolation : {"process", "thread"}) {
		BOOST_TEST_CONTEXT(isolation) {
			Monitor monitor(wire.watched,
			                {.interfaces = {wire.interface()},
			                 .config = config_with({plugin(test_plugin("tally"), "cpp", {}, isolation),
			                                        plugin(test_plugin("tally_c"), "c", {}, isolation)})});
			const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "5000"});
			const Ended ended = monitor.stop();
			BOOST_TEST(ended.status == 0);
			check_accounts(ended.stats);
			BOOST_TEST(says(ended.errors, "[cpp] tally: " + std::to_string(sent.ipv4) + " IPv4, " +
			                                  std::to_string(sent.ipv6) + " IPv6, 0 lost\n"));
			BOOST_TEST(says(ended.errors, "[c] tally: 5000 events\n"));
		}
	}
}

BOOST_AUTO_TEST_CASE(a_runner_has_no_privileges) {
	const Wire wire;
	const TempDir logs;
	// Started with a supplementary group, which must not be passed on.
	Monitor monitor(wire.watched,
	                {.interfaces = {wire.interface()},
	                 .config = config_with({plugin(test_plugin("tally"), "one"),
	                                        plugin("logger-json", "two", {{"file", (logs / "two").string()}}),
	                                        plugin("console", "three", {{"lines", false}})}),
	                 .wrapper = {"setpriv", "--groups", "4,27"}});
	const auto runners = monitor.runners();
	BOOST_TEST(runners.size() == 3u);
	std::set<std::string> users;
	for (const auto& [name, pid] : runners) {
		BOOST_TEST_CONTEXT("runner of " << name) {
			auto status = status_of(pid);
			users.insert(status["Uid"]);
			const std::string uid = status["Uid"].substr(0, status["Uid"].find('\t'));
			BOOST_TEST(uid != "0");
			BOOST_TEST(status["Uid"] == uid + '\t' + uid + '\t' + uid + '\t' + uid);
			BOOST_TEST(status["Gid"] == status["Uid"]);
			BOOST_TEST(status["Groups"].find_first_not_of(' ') == std::string::npos);
			for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
				BOOST_TEST(status[set] == "0000000000000000", set << " is " << status[set]);
			BOOST_TEST(status["NoNewPrivs"] == "1");
		}
	}
	BOOST_TEST(users.size() == runners.size());
	BOOST_TEST(monitor.stop().status == 0);
}

// Whoever holds a link or a program can switch the filter off, and with a map that is not frozen forge events.
BOOST_AUTO_TEST_CASE(a_runner_holds_only_what_it_needs) {
	const Wire wire;
	const TempDir logs;
	const std::string log = (logs / "log").string();
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin("logger-json", "log", {{"file", log}}),
	                                                      plugin(test_plugin("tally"), "tally")})});
	for (const auto& [name, pid] : monitor.runners()) {
		BOOST_TEST_CONTEXT("runner of " << name) {
			std::multiset<std::string> kinds;
			for (const auto& [target, info] : descriptors_of(pid, {"/dev/null", log})) {
				const std::string kind = target.substr(
				    0, target.find_first_of("[ ") == std::string::npos ? target.find(':')
				                                                       : target.find_first_of("[ "));
				kinds.insert(target.starts_with("/memfd:")    ? "memfd"
				             : target == "anon_inode:bpf-map" ? "map"
				                                              : kind);
				if (target == "anon_inode:bpf-map")
					BOOST_TEST(says(info, "frozen:\t1"), info);
				BOOST_TEST(!says(target, "bpf_link"));
				BOOST_TEST(!says(target, "bpf-prog"));
				BOOST_TEST(!says(target, "btf"));
			}
			std::string all;
			for (const std::string& kind : kinds)
				all += kind + '\n';
			BOOST_TEST_MESSAGE("runner of " << name << " holds:\n" << all);
			BOOST_TEST(kinds.count("map") == 1u);
			BOOST_TEST(kinds.count("memfd") == 3u); // its page, its setup, the plugin
			BOOST_TEST(kinds.count("/dev/null") == 1u);
			BOOST_TEST(kinds.count("pipe:") == 2u);       // its output and error
			BOOST_TEST(kinds.count("socket:") == 1u);     // to the host
			BOOST_TEST(kinds.count("anon_inode:") == 0u); // it shares no eventfd with anybody
			BOOST_TEST(kinds.count(log) == (name == "log" ? 1u : 0u));
			BOOST_TEST(kinds.size() == 8u + (name == "log" ? 1u : 0u));
		}
	}
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_CASE(a_crash_costs_the_plugin_its_events_and_nobody_else) {
	Beside test("crash");
	const Sent sent = test.wire.send({"--scenario", "spoofed-flood", "--count", "20000", "--rate", "50000"});
	BOOST_TEST(eventually(
	    [&] { return says(test.monitor.errors(), "plugin bad has crashed: its runner was ended by SIGSEGV"); }));
	BOOST_TEST(process_runs(test.monitor.pid()));
	BOOST_TEST(xdp_program(test.wire.watched, test.wire.interface()) != 0u);
	const Ended ended = test.monitor.stop();
	// Each time with the first batches of what is left, until it has crashed too often.
	BOOST_TEST(ended.status == 1);
	BOOST_TEST(says(ended.errors, "that was the 5th time within a minute: it is not started again"));
	BOOST_TEST(says(ended.errors, "plugin bad is dead: its runner was ended by SIGSEGV"));
	test.check_neighbour(ended, sent);
	const uint64_t delivered = figure(ended.stats, "/plugins/bad/delivered");
	BOOST_TEST(delivered < 5000u);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/offered") == sent.denied);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/failed") + figure(ended.stats, "/plugins/bad/lagged") ==
	           sent.denied - delivered);
}

// At any moment: between two instructions of the loop too.
BOOST_AUTO_TEST_CASE(killed_runners_leave_exact_accounts) {
	const Wire wire;
	json::array plugins;
	for (int i = 0; i < 8; ++i)
		plugins.push_back(plugin(test_plugin("tally"), "tally-" + std::to_string(i)));
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()}, .config = config_with(std::move(plugins))});
	const auto runners = monitor.runners();
	BOOST_TEST(runners.size() == 8u);
	std::thread killer([&] {
		for (const auto& [name, pid] : runners) {
			std::this_thread::sleep_for(std::chrono::milliseconds(20));
			kill(pid, SIGKILL);
		}
	});
	const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "60000", "--rate", "200000"});
	killer.join();
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0); // each has been started again
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == sent.denied);
	for (const auto& [name, pid] : runners) {
		BOOST_TEST(figure(ended.stats, "/plugins/" + name + "/offered") == sent.denied);
		BOOST_TEST(figure(ended.stats, "/plugins/" + name + "/failed") <= 1024u); // what it had in hand
		BOOST_TEST(says(ended.errors, "plugin " + name + " has crashed: its runner was ended by SIGKILL"));
	}
}

BOOST_AUTO_TEST_CASE(what_a_plugin_throws_over_counts_as_failed) {
	Beside test("throws");
	const Sent sent = test.wire.send({"--scenario", "spoofed-flood", "--count", "20000", "--rate", "50000"});
	const Ended ended = test.monitor.stop();
	BOOST_TEST(ended.status == 0);
	test.check_neighbour(ended, sent);
	const uint64_t failed = figure(ended.stats, "/plugins/bad/failed");
	BOOST_TEST(failed > 0u);
	BOOST_TEST(says(ended.errors, "[bad] threw over " + std::to_string(failed) + " events\n"));
	BOOST_TEST(says(ended.errors, "[bad] on_batch failed (1 failures so far): every second batch\n"));
}

BOOST_AUTO_TEST_CASE(a_plugin_that_asks_again_gets_each_event_once) {
	Beside test("retries", {"--ring-size", "1M"});
	const Sent sent = test.wire.send({"--scenario", "spoofed-flood", "--count", "20000", "--rate", "20000"});
	const Ended ended = test.monitor.stop();
	BOOST_TEST(ended.status == 0);
	test.check_neighbour(ended, sent);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/failed") == 0u);
	BOOST_TEST(says(ended.errors, "[bad] took " + std::to_string(figure(ended.stats, "/plugins/bad/delivered")) +
	                                  " events, refused some first, 0 wrong\n"));
}

BOOST_AUTO_TEST_CASE(a_plugin_that_hangs_does_not_hold_up_the_end) {
	Beside test("hangs");
	const Sent sent = test.wire.send({"--scenario", "spoofed-flood", "--count", "2000", "--rate", "20000"});
	BOOST_TEST(eventually([&] { return says(test.monitor.errors(), "[bad] hangs now"); }));
	const auto start = std::chrono::steady_clock::now();
	const Ended ended = test.monitor.stop();
	const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
	BOOST_TEST(took.count() < 4500);
	BOOST_TEST(ended.status == 1);
	test.check_neighbour(ended, sent);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/delivered") == 0u);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/failed") == sent.denied);
	BOOST_TEST(says(ended.errors, "plugin bad has not read everything within 2 s"));
}

BOOST_AUTO_TEST_CASE(a_plugin_in_a_thread_that_hangs_does_not_hold_up_the_end) {
	const Wire wire;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin(test_plugin("hangs"), "bad", {}, "thread"),
	                                                      plugin(test_plugin("tally"), "good")})});
	const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "2000", "--rate", "20000"});
	BOOST_TEST(eventually([&] { return says(monitor.errors(), "[bad] hangs now"); }));
	const auto start = std::chrono::steady_clock::now();
	const Ended ended = monitor.stop();
	BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::milliseconds(4500)));
	BOOST_TEST(ended.status == 1);
	BOOST_TEST(says(ended.errors, "plugin bad runs in a thread and does not return"));
	BOOST_TEST(figure(ended.stats, "/plugins/good/delivered") == sent.denied);
	BOOST_TEST(figure(ended.stats, "/plugins/bad/pending") == sent.denied);
}

BOOST_AUTO_TEST_CASE(what_a_plugin_prints_goes_to_the_diagnostics) {
	// Alone, so that nobody else's end gives it time for its last words.
	const Wire wire;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin(test_plugin("prints"), "bad")})});
	wire.send({"--scenario", "spoofed-flood", "--count", "100"});
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(says(ended.errors, "[bad] (output) error from create\n"));
	BOOST_TEST(says(ended.errors, "[bad] (output) output from \\x1b[31mon_batch\n"));
	BOOST_TEST(says(ended.errors, "[bad] (output) output from destroy\n"));
	BOOST_TEST(ended.output == "");
}

BOOST_AUTO_TEST_CASE(an_unprivileged_runner_logs_where_only_root_may) {
	const Wire wire;
	const TempDir logs;
	std::filesystem::permissions(logs.path(), std::filesystem::perms::owner_all);
	json::array plugins;
	for (const auto& [id, name] : {std::pair("logger-json", "json"), {"logger-csv", "csv"}})
		plugins.push_back(plugin(id, name, {{"file", (logs / name).string()}}));
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()}, .config = config_with(std::move(plugins))});
	const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "100"});
	BOOST_TEST(monitor.stop().status == 0);
	for (const char* name : {"json", "csv"}) {
		struct stat status {};
		BOOST_TEST_REQUIRE(stat((logs / name).c_str(), &status) == 0);
		BOOST_TEST((status.st_mode & 07777u) == 0640u);
		BOOST_TEST(status.st_uid == 0u);
		BOOST_TEST(lines_in(logs / name) >= sent.denied);
	}
}

BOOST_AUTO_TEST_SUITE_END()
