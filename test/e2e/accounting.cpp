// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What was sent, what the kernel counted, what plugins were given and what lies in the files: four
// independent counts of the same packets.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <string_view>

using namespace tmon::test;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 12> fields = {"timestamp",   "timestamp_iso", "src_ip",    "dst_ip",
                                                     "src_port",    "dst_port",      "protocol",  "protocol_num",
                                                     "packet_size", "action",        "interface", "flow_hash"};

std::vector<std::string_view> lines_of(std::string_view text) {
	std::vector<std::string_view> lines;
	for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
		end = std::min(text.find('\n', at), text.size());
		lines.push_back(text.substr(at, end - at));
	}
	return lines;
}

bool is_record(const json::value& value) {
	const json::object* record = value.if_object();
	if (record == nullptr || record->size() != fields.size())
		return false;
	std::size_t at = 0;
	for (const auto& member : *record) {
		if (std::string_view(member.key()) != fields[at++])
			return false;
	}
	return true;
}

void check_jsonl(const std::string& text, uint64_t delivered) {
	const auto lines = lines_of(text);
	BOOST_TEST(lines.size() == delivered);
	uint64_t wrong = 0;
	for (const std::string_view line : lines) {
		boost::system::error_code error;
		const json::value value = json::parse(line, error);
		wrong += error || !is_record(value);
	}
	BOOST_TEST(wrong == 0u);
	BOOST_TEST(text.ends_with('\n'));
}

void check_array(const std::string& text, uint64_t delivered) {
	const json::value whole = json::parse(text);
	BOOST_REQUIRE(whole.is_array());
	BOOST_TEST(whole.get_array().size() == delivered);
	uint64_t wrong = 0;
	for (const json::value& value : whole.get_array())
		wrong += !is_record(value);
	BOOST_TEST(wrong == 0u);
}

void check_csv(const std::string& text, uint64_t delivered) {
	const auto lines = lines_of(text);
	BOOST_TEST(lines.size() == delivered + 1);
	std::string header;
	for (const std::string_view field : fields)
		(header += header.empty() ? "" : ",") += field;
	BOOST_TEST(std::count(lines.begin(), lines.end(), header) == 1);
	BOOST_REQUIRE(!lines.empty());
	BOOST_TEST(lines.front() == header);
	const auto wrong = std::count_if(lines.begin(), lines.end(), [](std::string_view line) {
		return std::count(line.begin(), line.end(), ',') != 11;
	});
	BOOST_TEST(wrong == 0);
}

void check_sent(const json::object& stats, const Sent& sent) {
	BOOST_TEST(figure(stats, "/seen") == sent.packets);
	BOOST_TEST(figure(stats, "/permitted") == sent.permitted);
	BOOST_TEST(figure(stats, "/denied") == sent.denied);
	BOOST_TEST(figure(stats, "/passed_unfiltered") == 0u);
}

void every_logger_gets_everything(const std::string& isolation) {
	const Wire wire;
	const TempDir logs;
	const auto logger = [&](const char* id, const char* name, json::object config) {
		config["file"] = (logs / name).string();
		return plugin(id, name, std::move(config), isolation);
	};
	Monitor monitor(wire.watched,
	                {.interfaces = {wire.interface()},
	                 .config = config_with({plugin("console", "console", {{"lines", false}}, isolation),
	                                        logger("logger-json", "jsonl", {{"format", "jsonl"}}),
	                                        logger("logger-json", "array", {{"format", "json"}}),
	                                        logger("logger-csv", "csv", {})})});
	const Sent sent = wire.send({"--scenario", "mixed", "--count", "200000"});
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	BOOST_TEST_MESSAGE(isolation << ": " << json::serialize(ended.stats));
	check_sent(ended.stats, sent);
	check_accounts(ended.stats);
	for (const char* name : {"console", "jsonl", "array", "csv"}) {
		BOOST_TEST_CONTEXT(name) {
			const std::string own = std::string("/plugins/") + name;
			BOOST_TEST(figure(ended.stats, own + "/offered") == figure(ended.stats, "/reported"));
			BOOST_TEST(figure(ended.stats, own + "/failed") == 0u);
		}
	}
	check_jsonl(read_file(logs / "jsonl"), figure(ended.stats, "/plugins/jsonl/delivered"));
	check_array(read_file(logs / "array"), figure(ended.stats, "/plugins/array/delivered"));
	check_csv(read_file(logs / "csv"), figure(ended.stats, "/plugins/csv/delivered"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(accounting, *needs_root())

BOOST_AUTO_TEST_CASE(every_logger_gets_everything_in_processes) { every_logger_gets_everything("process"); }

BOOST_AUTO_TEST_CASE(every_logger_gets_everything_in_threads) { every_logger_gets_everything("thread"); }

BOOST_AUTO_TEST_CASE(a_slow_plugin_loses_exactly_what_it_missed) {
	const Wire wire;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin(test_plugin("slow"), "slow"),
	                                                      plugin(test_plugin("tally"), "tally")}),
	                               .arguments = {"--ring-size", "64K"}});
	// 1023 events can wait in each ring: the slow one takes at most some 10000 a second.
	const Sent sent = wire.send({"--scenario", "mixed", "--count", "80000", "--rate", "40000"});
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	BOOST_TEST_MESSAGE(json::serialize(ended.stats));
	check_sent(ended.stats, sent);
	check_accounts(ended.stats);
	const uint64_t lagged = figure(ended.stats, "/plugins/slow/lagged");
	BOOST_TEST(lagged > 0u);
	// It was told of every single one.
	BOOST_TEST(ended.errors.find("[slow] missed " + std::to_string(lagged) + "\n") != std::string::npos);
	BOOST_TEST(figure(ended.stats, "/plugins/tally/offered") == sent.denied);
}

BOOST_AUTO_TEST_CASE(a_stopped_plugin_loses_and_the_others_do_not) {
	const Wire wire;
	const TempDir logs;
	const std::string log = (logs / "log").string();
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({plugin("logger-json", "log", {{"file", log}}),
	                                                      plugin(test_plugin("tally"), "stopped")}),
	                               .arguments = {"--ring-size", "1M"}});
	const pid_t runner = monitor.runners().at("stopped");
	kill(runner, SIGSTOP);
	// More than two rings of 16384 hold, at a rate that the logger keeps up with.
	const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "60000", "--rate", "60000"});
	kill(runner, SIGCONT);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	BOOST_TEST_MESSAGE(json::serialize(ended.stats));
	check_sent(ended.stats, sent);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/plugins/stopped/lagged") > 0u);
	BOOST_TEST(figure(ended.stats, "/plugins/log/lagged") == 0u);
	check_jsonl(read_file(log), sent.denied);
}

BOOST_AUTO_TEST_SUITE_END()
