// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/stats/totals.hpp"
#include "test/support/temp_dir.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <limits>
#include <ostream>
#include <set>
#include <thread>

#include <sys/stat.h>

namespace {

using namespace tmon;
using tmon::test::TempDir;
namespace data = boost::unit_test::data;
namespace json = boost::json;

Totals balanced() {
	Totals totals;
	totals.packets = {.seen = 100, .permitted = 60, .denied = 30, .dropped = 20, .passed_unfiltered = 10};
	totals.reported = 30;
	PluginTotals plugin;
	plugin.name = "logger";
	plugin.offered = 30;
	plugin.delivered = 20;
	plugin.lagged = 5;
	plugin.failed = 3;
	plugin.pending = 2;
	plugin.alerts_accepted = 9;
	plugin.alerts_delivered = 6;
	plugin.alerts_failed = 2;
	plugin.alerts_pending = 1;
	totals.plugins.push_back(plugin);
	totals.alerts = {.emitted = 12, .accepted = 9, .refused = 3};
	return totals;
}

struct Break {
	const char* what;
	void (*apply)(Totals&);
	const char* complaint;
};
std::ostream& operator<<(std::ostream& out, const Break& c) { return out << c.what; }

const Break breaks[] = {
    {"seen", [](Totals& t) { ++t.packets.seen; }, "seen 101 is not permitted 60 + denied 30 + passed unfiltered 10"},
    {"permitted", [](Totals& t) { --t.packets.permitted; },
     "seen 100 is not permitted 59 + denied 30 + passed unfiltered 10"},
    {"passed unfiltered", [](Totals& t) { ++t.packets.passed_unfiltered; },
     "seen 100 is not permitted 60 + denied 30 + passed unfiltered 11"},
    {"reported", [](Totals& t) { ++t.reported; }, "denied 30 is not reported 31"},
    {"dropped", [](Totals& t) { t.packets.dropped = 31; }, "dropped 31 exceeds denied 30"},
    {"offered", [](Totals& t) { ++t.plugins[0].offered; },
     "plugin logger: offered 31 is not delivered 20 + lagged 5 + failed 3 + pending 2"},
    {"delivered", [](Totals& t) { ++t.plugins[0].delivered; },
     "plugin logger: offered 30 is not delivered 21 + lagged 5 + failed 3 + pending 2"},
    {"lagged", [](Totals& t) { --t.plugins[0].lagged; },
     "plugin logger: offered 30 is not delivered 20 + lagged 4 + failed 3 + pending 2"},
    {"failed", [](Totals& t) { ++t.plugins[0].failed; },
     "plugin logger: offered 30 is not delivered 20 + lagged 5 + failed 4 + pending 2"},
    {"pending", [](Totals& t) { --t.plugins[0].pending; },
     "plugin logger: offered 30 is not delivered 20 + lagged 5 + failed 3 + pending 1"},
    {"alerts of a taker", [](Totals& t) { ++t.plugins[0].alerts_pending; },
     "plugin logger: alerts accepted 9 is not delivered 6 + failed 2 + pending 2"},
    {"alerts emitted", [](Totals& t) { ++t.alerts.emitted; }, "alerts emitted 13 is not accepted 9 + refused 3"},
    {"alerts refused", [](Totals& t) { --t.alerts.refused; }, "alerts emitted 12 is not accepted 9 + refused 2"},
};

BOOST_AUTO_TEST_CASE(balanced_accounts_raise_no_complaint) {
	BOOST_TEST(imbalances(balanced()).empty());
	BOOST_TEST(imbalances(Totals{}).empty());
}

BOOST_DATA_TEST_CASE(one_too_many_or_too_few_is_named, data::make(breaks), c) {
	Totals totals = balanced();
	c.apply(totals);
	const std::vector<std::string> wrong = imbalances(totals);
	BOOST_REQUIRE(wrong.size() == 1u);
	BOOST_TEST(wrong[0] == c.complaint);
}

BOOST_AUTO_TEST_CASE(denied_off_by_one_breaks_both_its_identities) {
	Totals totals = balanced();
	++totals.packets.denied;
	BOOST_TEST(imbalances(totals).size() == 2u);
}

BOOST_AUTO_TEST_CASE(verdicts_add_up_to_totals) {
	tmon_counters counters{};
	uint64_t packets = 1;
	for (auto& verdict : counters.verdicts)
		for (tmon_count& count : verdict) {
			count.packets = packets;
			packets *= 2;
		}
	counters.seen = packets - 1;
	PacketTotals totals;
	totals.add(counters);
	BOOST_TEST(totals.seen == totals.permitted + totals.denied + totals.passed_unfiltered);
	const auto sum = [&](tmon_verdict verdict) {
		uint64_t all = 0;
		for (const tmon_count& count : counters.verdicts[verdict])
			all += count.packets;
		return all;
	};
	BOOST_TEST(totals.blocked == sum(TMON_VERDICT_DENIED_BLOCKED));
	BOOST_TEST(totals.dropped == sum(TMON_VERDICT_DENIED_DROPPED) + totals.blocked);
	BOOST_TEST(totals.would_drop == sum(TMON_VERDICT_DENIED_DRY_RUN) + sum(TMON_VERDICT_BLOCKED_DRY_RUN));
}

std::set<std::string> keys(const json::object& object) {
	std::set<std::string> names;
	for (const auto& member : object)
		names.emplace(member.key());
	return names;
}

BOOST_AUTO_TEST_CASE(json_has_exactly_these_fields) {
	Totals totals = balanced();
	PluginTotals second;
	second.name = "quiet";
	totals.plugins.push_back(second);
	totals.interfaces.push_back({"eth0", {}});
	totals.interfaces[0].counters.seen = 100;
	totals.interfaces[0].counters.verdicts[TMON_VERDICT_PERMITTED][1] = {60, 6000};
	totals.interfaces[0].counters.denied_by_reason[TMON_REASON_TRUNCATED] = 4;
	const std::string text = to_json(totals);
	BOOST_TEST(text.ends_with("}\n"));
	const json::object all = json::parse(text).as_object();
	BOOST_TEST((keys(all) == std::set<std::string>{"seen", "permitted", "denied", "dropped", "blocked", "would_drop",
	                                               "passed_unfiltered", "reported", "plugins", "alerts", "interfaces"}));
	BOOST_TEST(all.at("seen").to_number<int>() == 100);
	BOOST_TEST(all.at("permitted").to_number<int>() == 60);
	BOOST_TEST(all.at("denied").to_number<int>() == 30);
	BOOST_TEST(all.at("dropped").to_number<int>() == 20);
	BOOST_TEST(all.at("passed_unfiltered").to_number<int>() == 10);
	BOOST_TEST(all.at("reported").to_number<int>() == 30);
	const json::object& plugins = all.at("plugins").as_object();
	BOOST_TEST((keys(plugins) == std::set<std::string>{"logger", "quiet"}));
	BOOST_TEST((plugins.at("quiet") ==
	            json::parse(R"({"offered":0,"delivered":0,"lagged":0,"failed":0,"pending":0,"restarts":0})")));
	BOOST_TEST((plugins.at("logger") == json::parse(R"({"offered":30,"delivered":20,"lagged":5,"failed":3,"pending":2,"restarts":0,
		"alerts":{"accepted":9,"delivered":6,"failed":2,"pending":1}})")));
	BOOST_TEST((all.at("alerts") == json::parse(R"({"emitted":12,"accepted":9,"refused":3})")));
	BOOST_TEST((all.at("interfaces") == json::parse(R"({"eth0":{"seen":100,
		"verdicts":{"permitted":{"ipv4":{"packets":60,"bytes":6000}}},"denied_by_reason":{"truncated":4}}})")));
}

BOOST_AUTO_TEST_CASE(numbers_beyond_63_bits_stay_numbers) {
	Totals totals;
	totals.packets.seen = UINT64_MAX;
	BOOST_TEST(json::parse(to_json(totals)).as_object().at("seen").to_number<uint64_t>() == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_as_a_whole) {
	const TempDir dir;
	const std::string path = dir / "stats.json";
	write_atomically(path, "first, and longer");
	write_atomically(path, "second");
	BOOST_TEST(test::read_file(path) == "second");
	BOOST_TEST(!std::filesystem::exists(path + ".partial"));
	// A partial file that a crash has left is no obstacle.
	dir.write("stats.json.partial", "left behind, long");
	write_atomically(path, "third");
	BOOST_TEST(test::read_file(path) == "third");
	BOOST_TEST(!std::filesystem::exists(path + ".partial"));
}

BOOST_AUTO_TEST_CASE(asking_whether_a_file_can_be_replaced_leaves_it_alone) {
	const TempDir dir;
	dir.write("stats.json", "of an earlier run");
	check_replaceable(dir / "stats.json");
	BOOST_TEST(test::read_file(dir / "stats.json") == "of an earlier run");
	BOOST_TEST(!std::filesystem::exists((dir / "stats.json").string() + ".partial"));
	BOOST_CHECK_THROW(check_replaceable(dir / "missing/stats.json"), std::system_error);
	std::filesystem::create_directories(dir / "taken");
	BOOST_CHECK_THROW(check_replaceable(dir / "taken"), std::system_error);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_leaves_nothing) {
	const TempDir dir;
	BOOST_CHECK_EXCEPTION(write_atomically(dir / "missing/stats.json", "x"), std::system_error, [&](const auto& error) {
		return std::string(error.what()).find((dir / "missing/stats.json").string()) != std::string::npos;
	});
	std::filesystem::create_directories(dir / "taken/inside");
	BOOST_CHECK_THROW(write_atomically(dir / "taken", "x"), std::system_error);
	BOOST_TEST(!std::filesystem::exists(dir / "taken.partial"));
	BOOST_TEST(std::filesystem::is_directory(dir / "taken"));
	// Somebody else's link is not followed.
	dir.write("victim", "precious");
	std::filesystem::create_symlink(dir / "victim", dir / "stats.json.partial");
	BOOST_CHECK_THROW(write_atomically(dir / "stats.json", "x"), std::system_error);
	BOOST_TEST(test::read_file(dir / "victim") == "precious");
	BOOST_CHECK_THROW(write_atomically("/dev/full/x", "x"), std::system_error);
}

BOOST_AUTO_TEST_CASE(metrics_and_restarts_are_shown) {
	Totals totals = balanced();
	PluginTotals& plugin = totals.plugins[0];
	plugin.restarts = 2;
	plugin.metrics = {{TMON_METRIC_COUNTER, "lines_total", "", 12, {}, {}},
	                  {TMON_METRIC_GAUGE, "endless", "", std::numeric_limits<double>::infinity(), {}, {}},
	                  {TMON_METRIC_HISTOGRAM, "size", "", 30.5, {1, 2.5}, {3, 4, 5}}};
	const json::value all = json::parse(to_json(totals));
	BOOST_TEST((all.at("plugins").at("logger").at("restarts") == 2));
	BOOST_TEST((all.at("plugins").at("logger").at("metrics") ==
	            json::parse(R"({"lines_total":12,"endless":null,"size":{"bounds":[1E0,2.5E0],"buckets":[3,4,5],"sum":3.05E1}})")));
	BOOST_TEST(describe(totals)[1].ends_with("; started again 2 times"));
}

BOOST_AUTO_TEST_CASE(a_reader_always_sees_complete_json) {
	const TempDir dir;
	const std::string path = dir / "stats.json";
	Totals totals = balanced();
	write_atomically(path, to_json(totals));
	std::atomic<bool> done{false};
	std::thread writer([&] {
		for (int i = 0; i < 2000; ++i) {
			totals.packets.seen = static_cast<uint64_t>(i) * 1'000'000'007u;
			totals.plugins.resize(1 + static_cast<std::size_t>(i) % 50, totals.plugins[0]);
			write_atomically(path, to_json(totals));
		}
		done = true;
	});
	int reads = 0, broken = 0;
	while (!done) {
		boost::system::error_code error;
		const json::value value = json::parse(test::read_file(path), error);
		broken += error || !value.is_object();
		++reads;
	}
	writer.join();
	BOOST_TEST_MESSAGE(reads << " reads");
	BOOST_TEST(broken == 0);
	BOOST_TEST(reads > 10);
}

} // namespace
