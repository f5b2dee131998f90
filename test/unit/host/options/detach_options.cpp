// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/detach_options.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

using Arguments = std::vector<const char*>;

std::string usage_error(const Arguments& words) {
	const auto result = parse_detach_options(words);
	const Exit* exit = std::get_if<Exit>(&result);
	if (!exit)
		return "none";
	BOOST_TEST(exit->code == exit_usage);
	return exit->text.substr(0, exit->text.find('\n'));
}

std::vector<std::string> interfaces(const Arguments& words) { return std::get<DetachPinned>(parse_detach_options(words)).interfaces; }

} // namespace

BOOST_AUTO_TEST_SUITE(detach_options)

BOOST_AUTO_TEST_CASE(interfaces_are_named_once_each_or_all_meant) {
	using Names = std::vector<std::string>;
	BOOST_TEST(interfaces({"-i", "eth0,eth1", "--interface", "eth0"}) == (Names{"eth0", "eth1"}),
	           boost::test_tools::per_element());
	BOOST_TEST(interfaces({"--all"}).empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
	const std::string name = "traffic-monitor detach: ";
	BOOST_TEST(usage_error({}) == name + "which interface? name it with -i, or give --all");
	BOOST_TEST(usage_error({"--all", "-i", "eth0"}) == name + "either -i or --all");
	BOOST_TEST(usage_error({"-i", "../x"}) == name + "-i \"../x\": no interface can have this name");
	BOOST_TEST(usage_error({"-i", "a-name-of-16-chars"}).ends_with("no interface can have this name"));
	BOOST_TEST(usage_error({"eth0"}) == name + "unexpected argument \"eth0\"");
	BOOST_TEST(usage_error({"--al"}) == name + "unknown option \"--al\" (did you mean \"--all\"?)");
	BOOST_TEST(usage_error({"-i"}) == name + "--interface needs a value");
}

BOOST_AUTO_TEST_CASE(help_says_what_the_exit_codes_are) {
	const auto result = parse_detach_options(Arguments{"--help"});
	BOOST_REQUIRE(std::holds_alternative<Exit>(result));
	BOOST_TEST(std::get<Exit>(result).code == exit_ok);
	BOOST_TEST(std::get<Exit>(result).text.find("Usage: traffic-monitor detach -i INTERFACE") != std::string::npos);
	BOOST_TEST(std::get<Exit>(result).text.find("Exit codes:") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
