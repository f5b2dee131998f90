// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/plugins_options.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace tmon;

namespace {

using Arguments = std::vector<const char*>;

template <class Command> Command command_of(const Arguments& arguments) {
	const auto result = parse_plugins_options(arguments);
	if (const Exit* exit = std::get_if<Exit>(&result)) {
		BOOST_ERROR(exit->text);
		return {};
	}
	const auto* command = std::get_if<Command>(&std::get<PluginsCommand>(result));
	BOOST_REQUIRE(command);
	return *command;
}

struct Bad {
	Arguments arguments;
	const char* message;
};

const Bad bad[] = {
    {{}, "which command? there are list, info, check and replay"},
    {{"chek"}, "unknown command \"chek\" (did you mean \"check\"?)"},
    {{"--json"}, "unknown option \"--json\""},
    {{"list", "x"}, "unexpected argument \"x\""},
    {{"list", "--jsn"}, "unknown option \"--jsn\" (did you mean \"--json\"?)"},
    {{"list", "--json=no"}, "--json takes no value"},
    {{"info"}, "PLUGIN is missing"},
    {{"info", "a", "b"}, "unexpected argument \"b\""},
    {{"check"}, "PLUGIN is missing"},
    {{"check", "a", "--seed"}, "--seed needs a value"},
    {{"check", "a", "--seed", "-1"}, "--seed \"-1\": expected a whole number below 2^64"},
    {{"check", "a", "--seed", "18446744073709551616"}, "--seed \"18446744073709551616\": expected a whole number below 2^64"},
    {{"check", "a", "--seed", "1", "--seed", "2"}, "--seed is given more than once"},
    {{"replay"}, "RECORDING is missing"},
    {{"replay", "a", "--plugn", "b"}, "unknown option \"--plugn\" (did you mean \"--plugin\"?)"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_options)

BOOST_AUTO_TEST_CASE(commands_are_read) {
	BOOST_TEST(!command_of<ListPlugins>({"list"}).json);
	BOOST_TEST(command_of<ListPlugins>({"list", "--json"}).json);
	BOOST_TEST(command_of<DescribePlugin>({"info", "./a.so", "--json"}).plugin == "./a.so");
	const auto check = command_of<CheckPlugin>({"check", "--seed", "18446744073709551615", "console", "--config={}"});
	BOOST_TEST(check.plugin == "console");
	BOOST_TEST((check.seed == ~std::uint64_t{0}));
	BOOST_TEST((check.config == "{}"));
	BOOST_TEST((command_of<CheckPlugin>({"check", "list"}).plugin == "list"));
	BOOST_TEST((command_of<CheckPlugin>({"check", "a"}).seed == std::nullopt));
	const auto replay = command_of<ReplayRecording>({"replay", "file", "--plugin", "b", "--config", "@c", "-v"});
	BOOST_TEST(replay.recording == "file");
	BOOST_TEST((replay.plugin == "b"));
	BOOST_TEST((replay.config == "@c"));
	BOOST_TEST(replay.verbose);
	BOOST_TEST((command_of<ReplayRecording>({"replay", "file"}).plugin == std::nullopt));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
	for (const Bad& one : bad) {
		const auto result = parse_plugins_options(one.arguments);
		const Exit* exit = std::get_if<Exit>(&result);
		BOOST_TEST_CONTEXT(one.message) {
			BOOST_REQUIRE(exit);
			BOOST_TEST(exit->code == exit_usage);
			BOOST_TEST(exit->text.starts_with(std::string("traffic-monitor plugins: ") + one.message + "\nTry 'traffic-monitor plugins"),
			           exit->text);
		}
	}
}

BOOST_AUTO_TEST_CASE(help_is_of_the_command) {
	for (const Arguments& arguments : {Arguments{"--help"}, {"list", "-h"}, {"check", "--help"}, {"replay", "x", "--help"}}) {
		const auto result = parse_plugins_options(arguments);
		const Exit* exit = std::get_if<Exit>(&result);
		BOOST_REQUIRE(exit);
		BOOST_TEST(exit->code == exit_ok);
		BOOST_TEST(exit->text.find("Usage: traffic-monitor plugins") != std::string::npos, exit->text);
		BOOST_TEST((exit->text.find("--seed") != std::string::npos) == (arguments[0] == std::string("check")), exit->text);
	}
}

BOOST_AUTO_TEST_SUITE_END()
