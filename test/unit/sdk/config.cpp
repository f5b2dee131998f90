// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic_monitor/config.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using tmon::Config;

namespace {

// The text of the error, "" for none.
std::string problem(const std::function<void()>& call) {
	try {
		call();
	} catch (const tmon::Error& error) {
		BOOST_TEST(error.status() == TMON_E_CONFIG);
		return error.what();
	}
	return "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_config)

BOOST_AUTO_TEST_CASE(every_type_is_read) {
	const Config config(
	    R"( {"n": 7, "i": -3, "d": 0.5, "e": 1e3, "max": 18446744073709551615, "t": "a\"\u00e9\ud83d\ude00é",
	                         "yes": true, "no": false, "list": [1, 2.0], "words": ["a", ""], "empty": [],
	                         "in": {"x": {"y": 4}}, "all": [{"k": 1}, {"k": 2}]} )");
	BOOST_TEST(config.number("n") == 7u);
	BOOST_TEST(config.number<int8_t>("i") == -3);
	BOOST_TEST(config.number<double>("d") == 0.5);
	BOOST_TEST(config.number<double>("n") == 7.0);
	BOOST_TEST(config.number("e") == 1000u);
	BOOST_TEST(config.number("max") == UINT64_MAX);
	BOOST_TEST(config.text("t") == "a\"é\xf0\x9f\x98\x80é");
	BOOST_TEST(config.flag("yes"));
	BOOST_TEST(!config.flag("no"));
	BOOST_TEST(config.numbers("list") == (std::vector<uint64_t>{1, 2}), boost::test_tools::per_element());
	BOOST_TEST(config.texts("words") == (std::vector<std::string>{"a", ""}), boost::test_tools::per_element());
	BOOST_TEST(config.texts("empty").empty());
	BOOST_TEST(config.section("in").section("x").number("y") == 4u);
	BOOST_TEST(config.section("in").json() == R"({"x": {"y": 4}})");
	BOOST_REQUIRE(config.sections("all").size() == 2u);
	BOOST_TEST(config.sections("all")[1].number("k") == 2u);
	BOOST_TEST(config.has("n"));
	BOOST_TEST(!config.has("m"));
	BOOST_TEST(config.keys().size() == 13u);
}

BOOST_AUTO_TEST_CASE(what_is_absent_has_the_value_that_is_given_for_it) {
	const Config config(R"({"n": 7, "off": false})");
	static_assert(std::is_same_v<decltype(config.number("n", 9)), uint64_t>);
	BOOST_TEST(config.number("n", 9) == 7u);
	BOOST_TEST(config.number("m", 9) == 9u);
	BOOST_TEST(config.number<double>("m", 0.5) == 0.5);
	BOOST_TEST(config.text("m", "x") == "x");
	BOOST_TEST(!config.flag("off", true));
	BOOST_TEST(config.flag("on", true));
	BOOST_TEST(config.section_or_empty("in").number("m", 3) == 3u);
}

BOOST_AUTO_TEST_CASE(a_section_outlives_the_whole) {
	const auto section = [] { return Config(R"({"in": {"t": "text"}})").section("in"); }();
	BOOST_TEST(section.text("t") == "text");
}

BOOST_AUTO_TEST_CASE(errors_name_the_key) {
	const Config config(
	    R"({"n": 300, "f": 1.5, "neg": -1, "t": "x", "list": [1, "two"], "in": {"n": null}, "big": 1e300})");
	BOOST_TEST(problem([&] { config.number("m"); }) == R"("m" is missing)");
	BOOST_TEST(problem([&] { config.number("t"); }) ==
	           R"("t" must be a whole number from 0 to 18446744073709551615, not "x")");
	BOOST_TEST(problem([&] { config.number<uint8_t>("n"); }) ==
	           R"("n" must be a whole number from 0 to 255, not 300)");
	BOOST_TEST(problem([&] { config.number<int32_t>("f"); }) ==
	           R"("f" must be a whole number from -2147483648 to 2147483647, not 1.5)");
	BOOST_TEST(problem([&] { config.number<uint16_t>("neg"); }) ==
	           R"("neg" must be a whole number from 0 to 65535, not -1)");
	BOOST_TEST(problem([&] { config.number("big"); }).find("\"big\" must be a whole number") == 0u);
	BOOST_TEST(problem([&] { config.number<double>("t"); }) == R"("t" must be a number, not "x")");
	BOOST_TEST(problem([&] { config.flag("n", true); }) == R"("n" must be true or false, not 300)");
	BOOST_TEST(problem([&] { config.text("n"); }) == R"("n" must be a string, not 300)");
	BOOST_TEST(problem([&] { config.numbers("list"); }).find(R"("list[1]" must be a whole number)") == 0u);
	BOOST_TEST(problem([&] { config.texts("t"); }) == R"("t" must be an array, not "x")");
	BOOST_TEST(problem([&] { config.section("list"); }) == R"("list" must be an object, not [1, "two"])");
	BOOST_TEST(problem([&] { config.section("in").number("n"); }).find(R"("in.n" must be a whole number)") == 0u);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_strict_json_is_refused) {
	const std::string deep = std::string(70, '[') + std::string(70, ']');
	const std::pair<std::string, std::string> cases[] = {
	    {"", "no value at byte 0"},
	    {"{", "no key at byte 1"},
	    {R"({"a")", "no ':' at byte 4"},
	    {R"({"a":1,})", "no key at byte 7"},
	    {R"({"a":1)", "no ',' or '}' at byte 6"},
	    {R"({"a":1} x)", "text behind the value at byte 8"},
	    {R"({"a":1,"a":2})", "a key twice at byte 10"},
	    {R"({"a":01})", "no ',' or '}' at byte 6"},
	    {R"({"a":1.})", "no value at byte 7"},
	    {R"({"a":+1})", "no value at byte 5"},
	    {R"({"a":nul})", "no value at byte 5"},
	    {R"({"a":[1 2]})", "no ',' or ']' at byte 8"},
	    {R"({"a":"x)", "a string without end at byte 7"},
	    {"{\"a\":\"\n\"}", "a control character at byte 6"},
	    {R"({"a":"\x"})", "an unknown escape at byte 7"},
	    {R"({"a":"\u12g4"})", "no four hexadecimal digits at byte 10"},
	    {R"({"a":"\ud800"})", "half a surrogate pair at byte 12"},
	    {R"({"a":"\udc00"})", "half a surrogate pair at byte 12"},
	    {"{\"a\":\"\xff\"}", "a byte that is not UTF-8 at byte 6"},
	    {"{\"a\":\"\xc0\xaf\"}", "a byte that is not UTF-8 at byte 6"},
	    {"{\"a\":\"\xed\xa0\x80\"}", "a byte that is not UTF-8 at byte 6"},
	    {"{\"a\":\"\xf4\x90\x80\x80\"}", "a byte that is not UTF-8 at byte 6"},
	    {"{\"a\":\"\xe2\x82", "a byte that is not UTF-8 at byte 6"},
	    {"{\"a\":" + deep + "}", "too many levels at byte 69"},
	};
	for (const auto& [text, expected] : cases)
		BOOST_TEST(problem([&json = text] { Config config(json); }) ==
		               "the configuration is not valid JSON: " + expected,
		           text);
	BOOST_TEST(problem([] { Config config("[]"); }) == "the configuration must be a JSON object");
}

BOOST_AUTO_TEST_SUITE_END()
