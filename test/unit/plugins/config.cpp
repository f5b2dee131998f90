// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/config.hpp"

#include "traffic_monitor/plugin.hpp"

#include <boost/test/unit_test.hpp>

using tmon::plugins::Config;

namespace {

// Reads a configuration of every type; gives the text of the error, "" for none.
std::string problems(std::string_view json) {
	Config config(json);
	config.required_text("file");
	config.number("buffer_size", 8192, 1024, 65536);
	config.flag("summary", true);
	config.choice("format", 0, {"jsonl", "json"});
	config.section("port_scan").number("ports", 10, 2, 1024);
	try {
		config.finish();
	} catch (const tmon::Error& error) {
		BOOST_TEST(error.status() == TMON_E_CONFIG);
		return error.what();
	}
	return "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_config)

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
	const std::pair<std::string, std::string> cases[] = {
	    {R"({"file":"a"})", ""},
	    {R"({"file":"a","buffer_size":1024,"summary":false,"format":"json","port_scan":{"ports":2}})", ""},
	    {R"({})", R"("file" is missing)"},
	    {R"({"file":""})", R"("file" must be a text that is not empty, not "")"},
	    {R"({"file":7})", R"("file" must be a text that is not empty, not 7)"},
	    {R"({"file":"a","buffer_size":1023})",
	     R"("buffer_size" must be a whole number from 1024 to 65536, not 1023)"},
	    {R"({"file":"a","buffer_size":-1})", R"("buffer_size" must be a whole number from 1024 to 65536, not -1)"},
	    {R"({"file":"a","buffer_size":2048.5})",
	     R"("buffer_size" must be a whole number from 1024 to 65536, not 2.0485E3)"},
	    {R"({"file":"a","buffer_size":"8192"})",
	     R"("buffer_size" must be a whole number from 1024 to 65536, not "8192")"},
	    {R"({"file":"a","summary":1})", R"("summary" must be true or false, not 1)"},
	    {R"({"file":"a","format":"csv"})", R"("format" must be one of "jsonl", "json", not "csv")"},
	    {R"({"file":"a","format":null})", R"("format" must be one of "jsonl", "json", not null)"},
	    {R"({"file":"a","port_scan":true})", R"("port_scan" must be an object, not true)"},
	    {R"({"file":"a","port_scan":{"ports":0}})",
	     R"("port_scan.ports" must be a whole number from 2 to 1024, not 0)"},
	    {R"({"file":"a","fiel":"b"})", R"(unknown key "fiel" (did you mean "file"?))"},
	    {R"({"file":"a","bufer-size":1})", R"(unknown key "bufer-size" (did you mean "buffer_size"?))"},
	    {R"({"file":"a","colour":1})", R"(unknown key "colour")"},
	    {R"({"file":"a","port_scan":{"port":9}})", R"(unknown key "port_scan.port" (did you mean "ports"?))"},
	    {R"({"file":"a","x\n\u0001":1})", R"(unknown key "x\n\u0001")"},
	    {R"([])", R"(the configuration must be a JSON object; "file" is missing)"},
	};
	for (const auto& [json, expected] : cases)
		BOOST_TEST(problems(json) == expected);
}

BOOST_AUTO_TEST_CASE(all_problems_at_once) {
	BOOST_TEST(
	    problems(R"({"buffer_size":1,"sumary":true,"port_scan":{"windw":1},"format":[1]})") ==
	    R"("file" is missing; "buffer_size" must be a whole number from 1024 to 65536, not 1; )"
	    R"("format" must be one of "jsonl", "json", not [1]; unknown key "sumary" (did you mean "summary"?); )"
	    R"(unknown key "port_scan.windw")");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_json) {
	const std::string text = problems("{\"file\":");
	BOOST_TEST(text.find("the configuration is not JSON: ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
