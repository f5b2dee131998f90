// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The command line of `ctl`.
#include "host/options/ctl_options.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;
using Words = std::vector<const char*>;

CtlCommand parsed(const Words& words) {
	const auto result = parse_ctl_options(words, "/default.sock");
	if (const Exit* exit = std::get_if<Exit>(&result))
		throw std::runtime_error(exit->text);
	return std::get<CtlCommand>(result);
}

BOOST_AUTO_TEST_CASE(commands_become_requests) {
	CtlCommand command = parsed({"status"});
	BOOST_TEST(command.name == "status");
	BOOST_TEST(command.socket == "/default.sock");
	BOOST_TEST(!command.json);
	BOOST_TEST(command.keys.empty());
	for (const Words& words : {Words{"--socket", "/s", "--json", "version"}, Words{"version", "--json", "--socket=/s"}}) {
		command = parsed(words);
		BOOST_TEST(command.name == "version");
		BOOST_TEST(command.socket == "/s");
		BOOST_TEST(command.json);
	}
	command = parsed({"block", "203.0.113.7", "--ttl", "10m", "--reason", "a scan"});
	BOOST_TEST(command.keys.at("address") == "203.0.113.7/32");
	BOOST_TEST(command.keys.at("ttl") == "10m");
	BOOST_TEST(command.keys.at("reason") == "a scan");
	BOOST_TEST(parsed({"block", "--ttl=1h", "2001:DB8::/32"}).keys.at("address") == "2001:db8::/32");
	BOOST_TEST(parsed({"unblock", "::1"}).keys.at("address") == "::1/128");
	BOOST_TEST(parsed({"check-ip", "10.0.0.1"}).keys.at("address") == "10.0.0.1/32");
}

struct Wrong {
	Words words;
	const char* message;
};
std::ostream& operator<<(std::ostream& out, const Wrong& c) { return out << c.message; }

const Wrong wrongs[] = {
    {{}, "which command?"},
    {{"blok", "10.0.0.1"}, "unknown command \"blok\" (did you mean \"block\"?)"},
    {{"status", "--jsn"}, "unknown option \"--jsn\" (did you mean \"--json\"?)"},
    {{"status", "now"}, "unexpected argument \"now\""},
    {{"block"}, "is missing"},
    {{"block", "10.0.0.1"}, "--ttl is missing"},
    {{"block", "10.0.0.1", "--ttl"}, "--ttl needs a value"},
    {{"block", "10.0.0.300", "--ttl", "1m"}, "\"10.0.0.300\": octet 300 exceeds 255"},
    {{"block", "10.1.0.0/8", "--ttl", "1m"}, "bits set behind /8: write 10.0.0.0/8"},
    {{"block", "", "--ttl", "1m"}, "\"\""},
    {{"block", "10.0.0.1", "--ttl", "never"}, "--ttl \"never\": expected"},
    {{"block", "10.0.0.1", "--ttl", "10ms"}, "--ttl \"10ms\" is out of bounds: 1s to 8784h"},
    {{"block", "10.0.0.1", "--ttl", "1m", "--reason", "a\nb"}, "--reason: the reason has control characters"},
    {{"unblock"}, "ADDRESS is missing"},
    {{"check-ip", "10.0.0.0/8"}, "one address is expected, and not a prefix"},
};

BOOST_DATA_TEST_CASE(what_is_wrong_is_said, data::make(wrongs), c) {
	const auto result = parse_ctl_options(c.words, "/default.sock");
	const Exit* const exit = std::get_if<Exit>(&result);
	BOOST_REQUIRE(exit);
	BOOST_TEST(exit->code == exit_usage);
	BOOST_TEST(exit->text.find(c.message) != std::string::npos, exit->text);
	BOOST_TEST(exit->text.starts_with("traffic-monitor ctl: "));
}

BOOST_AUTO_TEST_CASE(help_and_a_user_without_a_place) {
	for (const Words& words : {Words{"--help"}, Words{"block", "--help"}}) {
		const auto result = parse_ctl_options(words, "");
		const Exit* const exit = std::get_if<Exit>(&result);
		BOOST_REQUIRE(exit);
		BOOST_TEST(exit->code == exit_ok);
		BOOST_TEST(exit->text.find("Exit codes:") != std::string::npos);
	}
	const auto result = parse_ctl_options(Words{"status"}, "");
	BOOST_REQUIRE(std::holds_alternative<Exit>(result));
	BOOST_TEST(std::get<Exit>(result).text.find("--socket PATH is missing") != std::string::npos);
}

} // namespace
