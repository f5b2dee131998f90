// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Addresses that are blocked while the program runs, by ctl and by plugins, counted behind the filter.
#include "test/e2e/recorder.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// Ten from a permitted source, ten from one that is not, in both families.
constexpr const char* kPermitted4 = "10.9.9.9";
constexpr const char* kPermitted6 = "fd00::9";
constexpr const char* kDenied4 = "203.0.113.9";
constexpr const char* kDenied6 = "2001:db8::9";
constexpr const char* kSpared = "198.51.100.7";
constexpr uint64_t kFrames = 10;

struct Blocked {
	Wire wire;
	Recorder recorder;
	FrameCounter behind{wire.watched, wire.interface()};
	json::object config = config_with({recorder.plugin()});
	uint64_t passed = 0;

	explicit Blocked(json::object more_plugin = {}) {
		config["never_drop"] = json::array{"198.51.100.0/24"};
		if (!more_plugin.empty())
			config["plugins"].as_array().push_back(std::move(more_plugin));
	}

	MonitorOptions options() const { return {.interfaces = {wire.interface()}, .config = config}; }

	// How many of ten packets get behind the filter.
	uint64_t passing(const Monitor& monitor, const std::string& source) {
		const uint64_t seen = packets(monitor, "seen"), dropped = packets(monitor, "dropped");
		wire.send(frames_from(source, kFrames));
		BOOST_TEST(eventually([&] { return packets(monitor, "seen") == seen + kFrames; }));
		const uint64_t through = kFrames - (packets(monitor, "dropped") - dropped);
		passed += through;
		// What was counted as passed is there.
		BOOST_TEST(behind.wait_for(passed).total == passed);
		return through;
	}
	static uint64_t packets(const Monitor& monitor, const char* what) {
		return figure(monitor.ask({"status"}), std::string("/packets/") + what);
	}
	uint64_t events_with(uint8_t reason) const {
		const auto events = recorder.events();
		return static_cast<uint64_t>(std::count_if(events.begin(), events.end(), [&](const tmon_event& event) {
			return event.reason == reason &&
			       event.action == (reason == TMON_REASON_BLOCKED ? TMON_ACTION_DROP : TMON_ACTION_LOG);
		}));
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(blocking, *needs_root())

BOOST_AUTO_TEST_CASE(what_is_blocked_is_dropped_while_all_else_is_only_logged) {
	Blocked test;
	Monitor monitor(test.wire.watched, test.options());
	for (const char* source : {kPermitted4, kPermitted6, kDenied4, kDenied6})
		BOOST_TEST(test.passing(monitor, source) == kFrames, source);
	const Finished said = monitor.ctl({"block", kPermitted4, "--ttl", "1h", "--reason", "a scan"});
	BOOST_TEST(said.status == 0);
	BOOST_TEST(said.output == "10.9.9.9/32: blocked, although 10.0.0.0/8 is permitted\n");
	monitor.ask({"block", "2001:db8::/64", "--ttl", "1h"});
	BOOST_TEST(test.passing(monitor, kPermitted4) == 0u);
	BOOST_TEST(test.passing(monitor, "10.9.9.10") == kFrames);
	BOOST_TEST(test.passing(monitor, kDenied6) == 0u);
	BOOST_TEST(test.passing(monitor, kDenied4) == kFrames);

	const json::object checked = monitor.ask({"check-ip", kPermitted4});
	BOOST_TEST(checked.at("reported").as_bool());
	BOOST_TEST(checked.at("dropped").as_bool());
	BOOST_TEST(checked.at("block").at("reason") == "a scan");
	BOOST_TEST(checked.at("block").at("by") == "ctl");
	BOOST_TEST(checked.at("entry").at("prefix") == "10.0.0.0/8");
	const Finished text = monitor.ctl({"check-ip", kPermitted4});
	BOOST_TEST(says(text.output, "10.9.9.9: packets from it are reported and dropped\n"), text.output);
	BOOST_TEST(says(text.output, "blocked as 10.9.9.9/32 by ctl, "), text.output);
	const json::object status = monitor.ask({"status"});
	BOOST_TEST(figure(status, "/blocks/entries") == 2u);
	BOOST_TEST(figure(status, "/blocks/packets") == 2 * kFrames);
	BOOST_TEST(status.at("drop").at("state") == "log_only");
	BOOST_TEST(figure(monitor.ask({"blocked"}), "/total") == 2u);
	BOOST_TEST(says(monitor.ctl({"blocked"}).output, "a scan"));

	// Another policy, the same blocks.
	test.config["denied_cidrs"] = json::array{"10.200.0.0/16"};
	monitor.reload(test.config, "policy 2 is in force");
	BOOST_TEST(test.passing(monitor, kPermitted4) == 0u);
	BOOST_TEST(test.passing(monitor, kDenied6) == 0u);

	BOOST_TEST(monitor.ctl({"unblock", kPermitted4}).status == 0);
	BOOST_TEST(test.passing(monitor, kPermitted4) == kFrames);
	const Finished again = monitor.ctl({"unblock", kPermitted4});
	BOOST_TEST(again.status == 1);
	BOOST_TEST(again.errors == "traffic-monitor: 10.9.9.9/32 is not blocked\n");

	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 4 * kFrames);
	BOOST_TEST(test.events_with(TMON_REASON_BLOCKED) == 4 * kFrames);
	BOOST_TEST(test.events_with(TMON_REASON_NOT_PERMITTED) == 3 * kFrames);
	BOOST_TEST(figure(ended.stats, "/reported") == 7 * kFrames);
}

BOOST_AUTO_TEST_CASE(a_block_ends_by_itself) {
	Blocked test;
	Monitor monitor(test.wire.watched, test.options());
	monitor.ask({"block", kPermitted4, "--ttl", "2s"});
	BOOST_TEST(test.passing(monitor, kPermitted4) == 0u);
	BOOST_TEST(eventually([&] {
		           return says(monitor.errors(), "10.9.9.9/32 is not blocked any more: its time is over\n");
	           }),
	           monitor.errors());
	BOOST_TEST(test.passing(monitor, kPermitted4) == kFrames);
	BOOST_TEST(figure(monitor.ask({"blocked"}), "/total") == 0u);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == kFrames);
}

BOOST_AUTO_TEST_CASE(who_is_never_dropped_is_not_by_a_block_either) {
	Blocked test;
	Monitor monitor(test.wire.watched, test.options());
	const Finished said = monitor.ctl({"block", kSpared, "--ttl", "1h"});
	BOOST_TEST(said.output == "198.51.100.7/32: blocked without effect: 198.51.100.0/24 is never dropped\n");
	BOOST_TEST(test.passing(monitor, kSpared) == kFrames);
	BOOST_TEST(!monitor.ask({"check-ip", kSpared}).at("dropped").as_bool());
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
	BOOST_TEST(figure(ended.stats, "/denied") == kFrames);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_blocked_is_refused_with_the_reason) {
	Blocked test;
	Monitor monitor(test.wire.watched, test.options());
	const struct {
		std::vector<std::string> words;
		std::string reason;
	} cases[] = {{{"block", "0.0.0.0/0", "--ttl", "10s"}, "0.0.0.0/0 is too wide"},
	             {{"block", "10.0.0.300", "--ttl", "10s"}, "octet 300 exceeds 255"},
	             {{"block", "10.1.0.0/8", "--ttl", "10s"}, "bits set behind /8"},
	             {{"block", kDenied4, "--ttl", "0s"}, "ttl"},
	             {{"block", kDenied4, "--ttl", "10s", "--reason", std::string(300, 'x')}, "reason"},
	             {{"check-ip", "nobody"}, "nobody"},
	             {{"confirm"}, "nothing is waiting for a confirmation"}};
	for (const auto& item : cases) {
		const Finished finished = monitor.ctl(item.words);
		BOOST_TEST(finished.status != 0, item.words.front());
		BOOST_TEST(says(finished.errors, item.reason), finished.errors);
	}
	BOOST_TEST(figure(monitor.ask({"blocked"}), "/total") == 0u);
	BOOST_TEST(test.passing(monitor, kDenied4) == kFrames);
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_CASE(a_plugin_may_block_when_it_is_granted) {
	for (const bool granted : {true, false}) {
		BOOST_TEST_CONTEXT((granted ? "granted" : "not granted")) {
			json::object blocks = plugin(test_plugin("blocks"), "blocks", {{"seconds", 600}});
			if (granted)
				blocks["grant"] = json::array{"block"};
			Blocked test(std::move(blocks));
			Monitor monitor(test.wire.watched, test.options());
			test.wire.send(frames_from(kDenied4));
			test.passed = test.behind.wait_for(1).total;
			BOOST_TEST(test.passed == 1u);
			const auto asked = [&] {
				return says(monitor.errors(), "[blocks] asked to block 203.0.113.9: ");
			};
			BOOST_TEST(eventually(asked), monitor.errors());
			if (granted) {
				BOOST_TEST(eventually([&] { return figure(monitor.ask({"blocked"}), "/total") == 1; }));
				const json::object entry = monitor.ask({"check-ip", kDenied4}).at("block").as_object();
				BOOST_TEST(entry.at("by") == "plugin blocks");
				BOOST_TEST(entry.at("reason") == "seen by a plugin");
			}
			BOOST_TEST(test.passing(monitor, kDenied4) == (granted ? 0 : kFrames));
			BOOST_TEST(figure(monitor.ask({"blocked"}), "/total") == (granted ? 1u : 0u));
			const Ended ended = monitor.stop();
			BOOST_TEST(ended.status == 0);
			check_accounts(ended.stats);
			BOOST_TEST(says(ended.errors, "asks for what its \"grant\" does not list: block") == !granted,
			           ended.errors);
			BOOST_TEST(test.events_with(TMON_REASON_BLOCKED) == (granted ? kFrames : 0u));
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
