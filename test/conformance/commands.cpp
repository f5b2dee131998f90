// SPDX-License-Identifier: MIT OR Apache-2.0
//
// plugins list and info.
#include "test/conformance/program.hpp"
#include "test/support/shell.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

using namespace tmon::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(conformance_commands)

BOOST_AUTO_TEST_CASE(lists_what_is_installed) {
	const Finished text = plugins({"list"});
	BOOST_TEST(text.status == 0);
	for (const char* id : {"alerts ", "console ", "logger-csv ", "logger-json ", "threats "})
		BOOST_TEST(says(text.output, std::string("\n") + id), text.output);
	BOOST_TEST(!says(text.output, "not a plugin"), text.output);
	const json::object list = json::parse(plugins({"list", "--json"}).output).as_object();
	BOOST_TEST(list.at("plugins").as_array().size() == 5u);
	BOOST_TEST(list.at("refused").as_array().empty());
	const json::object& threats = list.at("plugins").as_array()[4].as_object();
	BOOST_TEST(threats.at("id") == "threats");
	BOOST_TEST(threats.at("abi") == "1.0");
	BOOST_TEST(json::value_to<std::vector<std::string>>(threats.at("capabilities")) ==
	               (std::vector<std::string>{"events", "ticks", "end"}),
	           boost::test_tools::per_element());
	BOOST_TEST(threats.at("sha256").as_string().size() == 64u);
}

BOOST_AUTO_TEST_CASE(lists_what_is_no_plugin_with_its_reason) {
	const TempDir dir;
	const auto tree = dir / "tree";
	copy_installed_tree(tree);
	const auto folder = tree / "lib/traffic-monitor/plugins";
	std::filesystem::rename(folder / "console.so", folder / "other.so");
	std::filesystem::resize_file(folder / "threats.so", 100);
	std::filesystem::copy_file(defective("sound"), folder / "writable.so");
	std::filesystem::permissions(folder / "writable.so", std::filesystem::perms(0666));
	const auto list = [&](std::vector<std::string> more) {
		more.insert(more.begin(), {(tree / "bin/traffic-monitor").string(), "plugins", "list"});
		return run(more);
	};
	const Finished text = list({});
	BOOST_TEST(text.status == 0);
	BOOST_TEST(says(text.output, "\nalerts "), text.output);
	BOOST_TEST(says(text.output, "other.so holds the plugin console, which is found only as console.so: rename it\n"), text.output);
	BOOST_TEST(says(text.output, "threats.so cannot be loaded: "), text.output);
	BOOST_TEST(says(text.output, "writable.so"), text.output);
	const json::object as_json = json::parse(list({"--json"}).output).as_object();
	BOOST_TEST(as_json.at("plugins").as_array().size() == 3u);
	BOOST_TEST(as_json.at("refused").as_array().size() == 3u);
	BOOST_TEST(as_json.at("refused").at(0).at("file") == "other.so");

	std::filesystem::remove_all(folder);
	BOOST_TEST(list({}).output == "no plugins are installed in " + folder.string() + "\n");
}

BOOST_AUTO_TEST_CASE(tells_what_a_plugin_says_of_itself) {
	const Finished text = plugins({"info", "logger-json"});
	BOOST_TEST(text.status == 0);
	for (const char* part : {"\ncapabilities  events\n", "\npermissions   none wanted\n", "\nsha256        ", "libc.so.6",
	                         "  file         the path of a file of at least 1 character     (required)  appended to;",
	                         "  buffer_size  a size (bytes, or such as \"4M\") from 1 to 64M  8K          ",
	                         "{\"plugin\": \"logger-json\", \"sha256\": \""})
		BOOST_TEST(says(text.output, part), text.output);
	const json::object info = json::parse(plugins({"info", "logger-json", "--json"}).output).as_object();
	BOOST_TEST(info.at("manifest").at("id") == "logger-json");
	BOOST_TEST(info.at("manifest").at("config").at("required") == json::value({"file"}));
	BOOST_TEST(info.at("file").as_string() == in_dist("lib/traffic-monitor/plugins/logger-json.so"));
	BOOST_TEST(says(text.output, info.at("sha256").as_string().c_str()));
}

BOOST_AUTO_TEST_CASE(knows_nothing_of_what_is_no_plugin) {
	const Finished unknown = plugins({"info", "consol"});
	BOOST_TEST(unknown.status == 3);
	BOOST_TEST(unknown.output.empty());
	BOOST_TEST(says(unknown.errors, "unknown plugin \"consol\": there are alerts, console,"), unknown.errors);
	BOOST_TEST(plugins({"info", in_dist("bin/traffic-monitor")}).status == 3);
	BOOST_TEST(plugins({"info", "/dev/null"}).status == 3);
}

BOOST_AUTO_TEST_CASE(has_help_and_explains_usage) {
	for (const std::vector<std::string>& help : {std::vector<std::string>{"--help"}, {"list", "-h"}, {"info", "--help"},
	                                             {"check", "--help"}, {"replay", "--help"}}) {
		const Finished finished = plugins(help);
		BOOST_TEST(finished.status == 0);
		BOOST_TEST(says(finished.output, "Usage: traffic-monitor plugins"), finished.output);
		BOOST_TEST(says(finished.output, "Exit codes:"), finished.output);
	}
}

BOOST_AUTO_TEST_SUITE_END()
