// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/config_options.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

using Arguments = std::vector<const char*>;

std::string error_of(const std::string& command, const Arguments& arguments) {
	const auto text = [&](const auto& result) {
		const Exit* exit = std::get_if<Exit>(&result);
		return exit && exit->code == exit_usage ? exit->text : "accepted";
	};
	std::string error =
	    command == "check" ? text(parse_check_options(arguments)) : text(parse_explain_options(arguments));
	const std::string before = "traffic-monitor " + command + ": ";
	const std::string after = "\nTry 'traffic-monitor " + command + " --help'.\n";
	if (!error.starts_with(before) || !error.ends_with(after))
		return error;
	return error.substr(before.size(), error.size() - before.size() - after.size());
}

struct Bad {
	const char* command;
	Arguments arguments;
	const char* error;
};

const Bad bad[] = {
    {"check", {}, "which file? name a configuration, such as configs/default.json"},
    {"check", {"-", "a", "-"}, "standard input, -, can be read only once"},
    {"check", {"a", "--jsn"}, "unknown option \"--jsn\" (did you mean \"--json\"?)"},
    {"check", {"a", "--json=1"}, "--json takes no value"},
    {"check", {"a", "--set", "x"}, "--set \"x\": expected KEY=VALUE, such as ring.size=8M"},
    {"check", {"a", "--set"}, "--set needs a value"},
    {"explain", {"-c", "f"}, "which address? name one, such as 192.0.2.7"},
    {"explain", {"1.2.3.4"}, "-c FILE is required: name a configuration, such as configs/default.json"},
    {"explain", {"1.2.3.4", "-c", "a", "-c", "b"}, "--config is given more than once"},
    {"explain", {"-c", "f", ""}, "\"\", character 1: empty: write an address such as 10.0.0.1 or 2001:db8::1"},
    {"explain", {"-c", "f", "10.0.0.256"}, "\"10.0.0.256\", character 8: octet 256 exceeds 255"},
    {"explain", {"-c", "f", "10.0.1"}, "\"10.0.1\", character 7: only 3 octets, four are needed"},
    {"explain", {"-c", "f", "2001:db8::x"}, "\"2001:db8::x\", character 11: unexpected 'x'"},
    {"explain",
     {"-c", "f", "10.0.0.0/8"},
     "\"10.0.0.0/8\", character 9: a prefix: give one address in it, such as 10.0.0.0"},
    {"explain",
     {"-c", "f", "fe80::1%eth0"},
     "\"fe80::1%eth0\", character 8: zone \"%eth0\": the filter looks at the address alone, leave it out"},
    {"explain",
     {"-c", "f", "::ffff:10.0.0.1"},
     "\"::ffff:10.0.0.1\", character 1: an IPv4-mapped address: write it as IPv4, 10.0.0.1"},
    {"explain",
     {"-c", "f", "x", "10.0.0.1", "y"},
     "\"x\", character 1: unexpected 'x'\ntraffic-monitor explain: \"y\", character 1: unexpected 'y'"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(config_options)

BOOST_AUTO_TEST_CASE(wrong_command_lines_say_what_is_wrong) {
	for (const Bad& c : bad)
		BOOST_TEST_CONTEXT(c.error) { BOOST_TEST(error_of(c.command, c.arguments) == c.error); }
}

BOOST_AUTO_TEST_CASE(files_addresses_and_options_are_taken) {
	const auto check = std::get<0>(
	    parse_check_options(Arguments{"a", "--json", "-", "--set", "ring.size=8M", "--drop-packets", "b"}));
	BOOST_TEST(check.files == (std::vector<std::string>{"a", "-", "b"}), boost::test_tools::per_element());
	BOOST_TEST((check.json && check.given.drop_packets));
	BOOST_REQUIRE(check.given.settings.size() == 1);
	BOOST_TEST(check.given.settings[0].path == "ring.size");
	BOOST_TEST(!std::get<0>(parse_check_options(Arguments{"a"})).json);

	const auto explain = std::get<0>(parse_explain_options(Arguments{"10.0.0.1", "-c", "f", "2001:DB8::1"}));
	BOOST_TEST(explain.config_file == "f");
	BOOST_REQUIRE(explain.addresses.size() == 2);
	BOOST_TEST(to_string(explain.addresses[0]) == "10.0.0.1/32");
	BOOST_TEST(to_string(explain.addresses[1]) == "2001:db8::1/128");
	BOOST_TEST((!explain.json && !explain.given.drop_packets));
}

BOOST_AUTO_TEST_CASE(help_ends_well) {
	const Exit check = std::get<Exit>(parse_check_options(Arguments{"--help"}));
	const Exit explain = std::get<Exit>(parse_explain_options(Arguments{"-h"}));
	BOOST_TEST(check.text.find("Usage: traffic-monitor check FILE…") != std::string::npos);
	BOOST_TEST(explain.text.find("Usage: traffic-monitor explain ADDRESS… -c FILE") != std::string::npos);
	for (const Exit& help : {check, explain}) {
		BOOST_TEST(help.code == 0);
		for (const char* part : {"--json", "--set KEY=VALUE", "--drop-packets", "Exit codes:", "Examples:"})
			BOOST_TEST(help.text.find(part) != std::string::npos, part);
	}
}

BOOST_AUTO_TEST_SUITE_END()
