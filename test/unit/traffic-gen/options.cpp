// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/options.hpp"

#include "traffic-gen/summary.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <sstream>
#include <vector>

using namespace tmon;

namespace {

struct Parsed {
	std::variant<Options, int> result;
	std::string out;
	std::string err;
};

Parsed parse(std::initializer_list<const char*> words) {
	std::vector<const char*> argv = {"traffic-gen"};
	argv.insert(argv.end(), words);
	std::ostringstream out, err;
	auto result = parse_options(static_cast<int>(argv.size()), argv.data(), out, err);
	return {std::move(result), out.str(), err.str()};
}

Options accepted(std::initializer_list<const char*> words) {
	const Parsed parsed = parse(words);
	BOOST_REQUIRE_MESSAGE(std::holds_alternative<Options>(parsed.result), parsed.err);
	return std::get<Options>(parsed.result);
}

void refused(std::initializer_list<const char*> words, const std::string& expected) {
	const Parsed parsed = parse(words);
	BOOST_REQUIRE(std::holds_alternative<int>(parsed.result));
	BOOST_TEST(std::get<int>(parsed.result) == 2);
	BOOST_TEST(parsed.out.empty());
	BOOST_TEST(parsed.err.find(expected) != std::string::npos, parsed.err);
}

} // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(defaults) {
	const Options options = accepted({"--scenario", "mixed", "-i", "eth0"});
	BOOST_TEST((options.scenario.name == ScenarioName::mixed));
	BOOST_TEST((options.scenario.families == Families::both));
	BOOST_TEST(options.interface == "eth0");
	BOOST_TEST(options.file.empty());
	BOOST_TEST(options.count == 1000u);
	BOOST_TEST(options.rate == 0u);
	BOOST_TEST(options.bypass_qdisc);
	BOOST_TEST((options.method == Method::automatic));
	BOOST_TEST((options.scenario.background == Background::benign));
	BOOST_TEST(!options.scenario.sources.has_value());
	BOOST_TEST(!options.json);
	BOOST_TEST((options.timeout == std::chrono::seconds(60)));
	BOOST_TEST(options.start_ns == 1'767'225'600'000'000'000u);
}

BOOST_AUTO_TEST_CASE(everything_given) {
	const Options options = accepted({"--scenario=port-scan",
					  "-w",
					  "f.pcap",
					  "--count",
					  "7",
					  "--rate",
					  "9",
					  "--seed",
					  "11",
					  "--ip",
					  "6",
					  "--dst",
					  "10.9.8.7",
					  "--dst6",
					  "fd00::9",
					  "--dst-mac",
					  "02:00:00:00:00:0a",
					  "--src-mac",
					  "02:00:00:00:00:0b",
					  "--mtu",
					  "1280",
					  "--scanner",
					  "2001:db8::5",
					  "--scan-ports",
					  "20",
					  "--scan-every",
					  "3",
					  "--timeout",
					  "0.5",
					  "--start-time",
					  "12",
					  "--queue",
					  "--json"});
	BOOST_TEST((options.scenario.name == ScenarioName::port_scan));
	BOOST_TEST(options.file == "f.pcap");
	BOOST_TEST(options.count == 7u);
	BOOST_TEST(options.rate == 9u);
	BOOST_TEST(options.scenario.seed == 11u);
	BOOST_TEST((options.scenario.families == Families::v6));
	BOOST_TEST(to_string(options.scenario.dst) == "10.9.8.7");
	BOOST_TEST(to_string(options.scenario.dst6) == "fd00::9");
	BOOST_TEST(to_string(options.scenario.dst_mac) == "02:00:00:00:00:0a");
	BOOST_TEST(to_string(options.scenario.src_mac) == "02:00:00:00:00:0b");
	BOOST_TEST(options.scenario.mtu == 1280u);
	BOOST_TEST((options.scenario.attacker == packet::parse_ip("2001:db8::5")));
	BOOST_TEST(options.scenario.scan_ports == 20u);
	BOOST_TEST(options.scenario.every.value() == 3u);
	BOOST_TEST((options.timeout == std::chrono::milliseconds(500)));
	BOOST_TEST(options.start_ns == 12'000'000'000u);
	BOOST_TEST(!options.bypass_qdisc);
	BOOST_TEST(options.json);
}

BOOST_AUTO_TEST_CASE(options_of_attacks) {
	const Options options = accepted({"--scenario", "host-sweep", "-i", "a", "--attacker", "198.51.100.3",
					  "--attackers", "5", "--every", "10000", "--background", "flood", "--sources",
					  "100000000", "--port", "3389", "--sweep-hosts", "77", "--method", "live"});
	BOOST_TEST((options.scenario.name == ScenarioName::host_sweep));
	BOOST_TEST((options.scenario.attacker == packet::parse_ip("198.51.100.3")));
	BOOST_TEST(options.scenario.attackers == 5u);
	BOOST_TEST(options.scenario.every.value() == 10000u);
	BOOST_TEST((options.scenario.background == Background::flood));
	BOOST_TEST(options.scenario.sources.value() == 100'000'000u);
	BOOST_TEST(options.scenario.port.value() == 3389u);
	BOOST_TEST(options.scenario.sweep_hosts == 77u);
	BOOST_TEST((options.method == Method::live));
	for (const ScenarioName name : all_scenarios)
		BOOST_TEST((accepted({"-w", "f", "--scenario", std::string(to_string(name)).c_str()}).scenario.name == name));
}

BOOST_AUTO_TEST_CASE(bad_ones_are_named) {
	refused({}, "--scenario");
	refused({"--scenario", "mixed"}, "-i,--interface");
	refused({"-i", "eth0"}, "--scenario");
	refused({"--scenario", "mixed", "-i", "a", "-w", "b"}, "--write");
	refused({"--scenario", "mixd", "-i", "a"}, "mixd");
	for (const char* count : {"0", "-3", "1e3", "x", "", "99999999999999999999"})
		refused({"--scenario", "mixed", "-i", "a", "--count", count}, "--count");
	refused({"--scenario", "mixed", "-i", "a", "--ip", "5"}, "--ip");
	refused({"--scenario", "mixed", "-i", "a", "--dst", "fd00::1"}, "is not an IPv4 address");
	refused({"--scenario", "mixed", "-i", "a", "--dst6", "10.0.0.1"}, "is not an IPv6 address");
	refused({"--scenario", "mixed", "-i", "a", "--dst-mac", "2:0"}, "is not a MAC address");
	refused({"--scenario", "port-scan", "-i", "a", "--scanner", "10.0.0.9"}, "permitted");
	refused({"--scenario", "port-scan", "-i", "a", "--scanner", "x"}, "--attacker");
	refused({"--scenario", "port-scan", "-i", "a", "--every", "0"}, "--every");
	refused({"--scenario", "port-scan", "-i", "a", "--attackers", "70000"}, "--attackers");
	refused({"--scenario", "port-scan", "-i", "a", "--background", "noise"}, "--background");
	refused({"--scenario", "syn-flood", "-i", "a", "--sources", "4294967296"}, "--sources");
	refused({"--scenario", "syn-flood", "-i", "a", "--port", "65536"}, "--port");
	refused({"--scenario", "mixed", "-i", "a", "--method", "fast"}, "--method");
	refused({"--scenario", "mixed", "-i", "a", "--method", "live", "--queue"}, "--queue");
	refused({"--scenario", "mixed", "-i", "a", "--rate", "10", "--count", "1000"}, "--timeout");
	refused({"--scenario", "mixed", "-w", "a", "--rate", "1", "--count", "10000000000"}, "--rate");
	refused({"--scenario", "mixed", "-i", "a", "--unknown"}, "--unknown");
}

BOOST_AUTO_TEST_CASE(help_says_what_permitted_means) {
	const Parsed parsed = parse({"--help"});
	BOOST_TEST(std::get<int>(parsed.result) == 0);
	BOOST_TEST(parsed.out.find("configs/default.json") != std::string::npos);
	BOOST_TEST(parsed.err.empty());
}

BOOST_AUTO_TEST_CASE(summaries) {
	Summary summary;
	summary.seed = 5;
	summary.outcome.seconds = 0.25;
	summary.outcome.retries = 2;
	summary.outcome.tally = {.packets = 200000,
				 .bytes = 13'100'000,
				 .permitted = 100012,
				 .denied = 99988,
				 .ipv4 = 100000,
				 .ipv6 = 100000,
				 .tcp = 199997,
				 .udp = 1,
				 .icmp = 2};
	BOOST_TEST(to_text(summary) == "sent 200000 packets, 13.1 MB: 100012 permitted, 99988 denied, 100000 IPv4, "
				       "100000 IPv6, 199997 TCP, 1 UDP, 2 ICMP; 0.250 s, 800000 packets/s, 2 retries");
	BOOST_TEST(to_json(summary) ==
		   "{\"scenario\":\"mixed\",\"seed\":5,\"sent\":200000,\"bytes\":13100000,\"permitted\":100012,"
		   "\"denied\":99988,\"undecidable\":0,\"unfiltered\":0,\"ipv4\":100000,\"ipv6\":100000,\"not_ip\":0,"
		   "\"tcp\":199997,\"udp\":1,\"icmp\":2,\"other\":0,\"seconds\":0.250000,\"retries\":2,\"lost\":0,"
		   "\"method\":\"file\",\"attackers\":[]}");
	summary.lost = 3;
	BOOST_TEST(to_text(summary).ends_with("2 retries; the interface dropped 3 of them"));
	summary.way = Way::live;
	summary.attackers = {packet::parse_ip("203.0.113.7"), packet::parse_ip("2001:db8::7")};
	BOOST_TEST(to_text(summary).ends_with("2 retries, live frames; the interface dropped 3 of them"));
	BOOST_TEST(to_json(summary).ends_with(
	    "\"lost\":3,\"method\":\"live\",\"attackers\":[\"203.0.113.7\",\"2001:db8::7\"]}"));
	summary.outcome.tally.undecidable = 4;
	summary.outcome.tally.unfiltered = 5;
	summary.outcome.tally.not_ip = 6;
	summary.outcome.tally.other = 7;
	BOOST_TEST(to_text(summary).find("99988 denied, 4 of them undecidable, 5 unfiltered, 100000 IPv4, 100000 IPv6, "
					 "6 not IP, 199997 TCP, 1 UDP, 2 ICMP, 7 other;") != std::string::npos,
		   to_text(summary));
}

BOOST_AUTO_TEST_SUITE_END()
