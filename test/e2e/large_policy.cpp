// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A million prefixes from a file.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>

using namespace tmon::test;
namespace json = boost::json;

namespace {

constexpr uint32_t kNetworks = 500'000; // /24 from 16.0.0.0 on
constexpr uint32_t kHosts = 250'000;    // /32, every second address from 100.0.0.0 on
constexpr uint32_t kSites = 250'000;    // /48 from 2a00:: on

std::string a_million() {
	std::string text;
	text.reserve(20'000'000);
	char line[64];
	const auto add_v4 = [&](uint32_t address, int length) {
		std::snprintf(line, sizeof line, "%u.%u.%u.%u/%d\n", address >> 24, address >> 16 & 255,
		              address >> 8 & 255, address & 255, length);
		text += line;
	};
	for (uint32_t i = 0; i < kNetworks; ++i)
		add_v4((16u << 24) + (i << 8), 24);
	for (uint32_t i = 0; i < kHosts; ++i)
		add_v4((100u << 24) + 2 * i, 32);
	for (uint32_t i = 0; i < kSites; ++i) {
		std::snprintf(line, sizeof line, "2a00:%x:%x::/48\n", 1 + i / 50'000, 1 + i % 50'000);
		text += line;
	}
	return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(large_policy, *needs_root())

BOOST_AUTO_TEST_CASE(a_million_prefixes_are_obeyed_and_changed) {
	const Wire wire;
	const TempDir lists;
	const std::string million = a_million();
	json::object config = config_with({plugin(test_plugin("tally"), "tally")});
	config["permitted_files"] = json::array{lists.write("list.txt", million).string()};
	config["drop_packets"] = true;
	FrameCounter behind(wire.watched, wire.interface());
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()}, .config = config});
	const json::object status = monitor.ask({"status"});
	BOOST_TEST(figure(status, "/policy/permitted/ipv4") == kNetworks + kHosts + 4);
	BOOST_TEST(figure(status, "/policy/permitted/ipv6") == kSites + 3);
	BOOST_TEST(says(monitor.errors(), "monitoring; 1000007 permitted prefixes;"), monitor.errors());

	// The first and the last of each kind, and their neighbours outside.
	const std::vector<std::string> inside = {"16.0.0.1",     "23.161.31.255", "100.0.0.0",
	                                         "100.7.161.30", "2a00:1:1::1",   "10.9.9.9"};
	const std::vector<std::string> outside = {"15.255.255.255", "23.161.32.0", "100.0.0.1",
	                                          "100.7.161.32",   "2a00:1::1",   "203.0.113.9"};
	const auto send = [&](const std::vector<std::string>& sources) {
		for (const std::string& source : sources)
			wire.send(frames_from(source));
	};
	send(outside);
	send(inside);
	BOOST_TEST(behind.wait_for(inside.size()).total == inside.size());
	const json::object checked = monitor.ask({"check-ip", "16.0.3.9"});
	BOOST_TEST(checked.at("entry").at("prefix") == "16.0.3.0/24");
	BOOST_TEST(checked.at("entry").at("place") == json::value((lists / "list.txt").string() + ":4:1"));

	lists.write("list.txt", million + "203.0.113.0/24\n");
	monitor.reload(config, "policy 2 is in force: 1000008 permitted prefixes;");
	wire.send(frames_from("203.0.113.9"));
	BOOST_TEST(behind.wait_for(inside.size() + 1).total == inside.size() + 1);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == outside.size());
}

BOOST_AUTO_TEST_SUITE_END()
