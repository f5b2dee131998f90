// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/document.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

using namespace tmon;

namespace {

// "line:column: message" of every error, one a line.
std::string errors_of(std::string_view text) {
	const Sources sources("f", text);
	std::string all;
	for (const Finding& finding : parse_document(text, sources).errors) {
		const Diagnostic d = sources.diagnostic(finding.place, finding.message);
		all += (all.empty() ? "" : "\n") + std::to_string(d.line) + ':' + std::to_string(d.column) + ": " +
		       d.message;
	}
	return all;
}

struct Case {
	std::string text;
	const char* errors;
};

std::string nested(int depth) {
	return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

const Case cases[] = {
    {"", "1:1: empty: the least is {\"permitted_cidrs\": [\"127.0.0.0/8\"]}"},
    {" \n\t\n", "1:1: empty: the least is {\"permitted_cidrs\": [\"127.0.0.0/8\"]}"},
    {"\xef\xbb\xbf{}", "1:1: a byte order mark: save the file as UTF-8 without it"},
    {std::string("\xff\xfe{\0}\0", 6), "1:1: UTF-16 text: save the file as UTF-8"},
    {"{\n  // c\n}", "2:3: comments are not part of JSON: remove it"},
    {"{} // c", "1:4: comments are not part of JSON: remove it"},
    {"# c\n{}", "1:1: comments are not part of JSON: remove it"},
    {"{\"a\": /* c */ 1}", "1:7: comments are not part of JSON: remove it"},
    {"{\n  \"a\": 1,\n}", "2:9: a comma before '}': remove it"},
    {"[\n  1 ,\n\n]", "2:5: a comma before ']': remove it"},
    {"[,1]", "1:2: expected a value or ']', found ','"},
    {"[1,,2]", "1:4: expected a value, found ','"},
    {"{\"a\" 1}", "1:6: expected ':', found 1"},
    {"{\"a\": }", "1:7: expected a value, found '}'"},
    {"{\"a\":: 1}", "1:6: expected a value, found ':'"},
    {"{\n  \"a\": 1\n  \"b\": 2\n}", "3:3: expected ',' or '}', found a string: is a comma missing?"},
    {"[\"a\"\n \"b\"]", "2:2: expected ',' or ']', found a string: is a comma missing?"},
    {"[1}", "1:3: expected ',' or ']', found '}'"},
    {"{\"a\": 1]", "1:8: expected ',' or '}', found ']'"},
    {"{a: 1}", "1:2: expected a key in double quotes or '}', found a: write \"a\""},
    {"{\"a\": 1, b_c: 1}", "1:10: expected a key in double quotes, found b_c: write \"b_c\""},
    {"{'a': 1}", "1:2: expected a key in double quotes or '}', found ''': strings are written in double quotes"},
    {"{\"a\": eth0}", "1:7: expected a value, found eth0: strings are written in double quotes"},
    {"{\"a\": True}", "1:7: expected a value, found True: write true"},
    {"{\"a\": None}", "1:7: expected a value, found None: write null"},
    {"{\"a\": truth}", "1:7: unknown word \"truth\": write true, false or null, or a string in double quotes"},
    {"{\"a\": 012}", "1:7: malformed number 012: leave out the leading zero"},
    {"{\"a\": 10.0.0.0/8}", "1:7: malformed number 10.0.0.0: put text in double quotes"},
    {"{\"a\": -x}", "1:7: malformed number -x: put text in double quotes"},
    {"{\"a\": 4M}", "1:7: malformed number 4M: put text in double quotes"},
    {"[1e999]", "1:2: number 1e999 is too large"},
    {"[1e99999999999999]", "1:2: number 1e99999999999999 is too large"},
    {"{} {}", "1:4: expected the end of the text, found '{'"},
    {"{}\n}", "2:1: expected the end of the text, found '}'"},
    {"{} x", "1:4: expected the end of the text, found x"},
    {"x", "1:1: expected a JSON object, {…}, found x: strings are written in double quotes"},
    {"[\"a\nb\"]",
     "1:2: the string that starts here does not end on its line: close it, or write \\n for a line break"},
    {"[\"a\tb\"]", "1:4: control character in a string: write \\u0009"},
    {std::string("[\"a\0b\"]", 7), "1:4: control character in a string: write \\u0000"},
    {std::string("[\0]", 3), "1:2: expected a value or ']', found byte 0x00"},
    {"[\"a\xff\"]", "1:4: invalid UTF-8: save the file as UTF-8"},
    {"[\"\xc3(\"]", "1:4: invalid UTF-8: save the file as UTF-8"},
    {"[\"\xed\xa0\x80\"]", "1:5: invalid UTF-8: save the file as UTF-8"},
    {"[\"\xc0\xaf\"]", "1:3: invalid UTF-8: save the file as UTF-8"},
    {"[\xc2\xa0 1]", "1:2: expected a value or ']', found byte 0xc2"},
    {"[\"C:\\dir\"]", "1:6: unknown escape \\d: a backslash itself is written \\\\"},
    {"[\"\\u12g4\"]", "1:7: four hexadecimal digits are expected after \\u, found 'g'"},
    {"[\"\\ud800x\"]", "1:9: half of a surrogate pair: the other \\u escape is missing"},
    {"{", "1:2: the text ends, but a key in double quotes or '}' is expected: '{' at line 1, column 1 is not closed"},
    {"{\n\"a\": [1,\n", "3:1: the text ends, but a value is expected: '[' at line 2, column 6 is not closed"},
    {"{\"a\": \"b", "1:9: the text ends within the string that starts at line 1, column 7"},
    {"{\"a\": tr", "1:9: the text ends within tr: '{' at line 1, column 1 is not closed"},
    {"{\"a\": 1", "1:8: the text ends within 1: '{' at line 1, column 1 is not closed"},
    {"{\"a\": 1 ", "1:9: the text ends, but ',' or '}' is expected: '{' at line 1, column 1 is not closed"},
    {nested(33), "1:33: nested deeper than 32 levels"},
    {nested(100000), "1:33: nested deeper than 32 levels"},
    {nested(32), ""},
    {"{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2},\n \"a\": 3, \"a\": 4}",
     "2:16: duplicate key \"c\": it is already given at line 2, column 8\n"
     "3:2: duplicate key \"a\": it is already given at line 1, column 2\n"
     "3:10: duplicate key \"a\": it is already given at line 1, column 2"},
    {"{\"a\": 1, \"\\u0061\": 2}", "1:10: duplicate key \"a\": it is already given at line 1, column 2"},
};

// Equal but for the last bits of a number with a fraction.
bool alike(const boost::json::value& a, const boost::json::value& b) {
	if (a.is_double() && b.is_double())
		return std::abs(a.as_double() - b.as_double()) <= 1e-12 * std::abs(a.as_double());
	if (a.is_array() && b.is_array())
		return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(),
				  alike);
	if (!a.is_object() || !b.is_object())
		return a == b;
	return std::equal(
	    a.as_object().begin(), a.as_object().end(), b.as_object().begin(), b.as_object().end(),
	    [](const auto& x, const auto& y) { return x.key() == y.key() && alike(x.value(), y.value()); });
}

const std::string sample = R"({
  "permitted_cidrs": ["127.0.0.0/8", {"cidr": "2001:db8::/32", "name": "b\u00fcro \ud83d\ude00 \"x\"\\"}],
  "n": [0, -1, 1.5, -2e-3, 18446744073709551615, 9223372036854775807, 0.1],
  "l": [true, false, null, {}, [], "", "é€😀"], "plugins": [{"config": {"a": {"b": []}}}]
})";

} // namespace

BOOST_AUTO_TEST_SUITE(document)

BOOST_AUTO_TEST_CASE(malformed_text_is_explained_at_its_place) {
	for (const Case& c : cases)
		BOOST_TEST_CONTEXT(c.text.substr(0, 80)) { BOOST_TEST(errors_of(c.text) == c.errors); }
}

BOOST_AUTO_TEST_CASE(every_key_and_value_knows_its_place) {
	const std::string_view text = "{\n  \"a\" : 12,\r\n\t\"bc\":[true ,\"x\\\"y\", null],\n \"d\": {\"e\": -1.5}}";
	const Sources sources("f", text);
	const auto parsed = parse_document(text, sources);
	BOOST_REQUIRE(parsed.root);
	const auto place = [&](Place p) {
		const Diagnostic d = sources.diagnostic(p, "");
		return std::to_string(d.line) + ':' + std::to_string(d.column);
	};
	const auto& root = *parsed.root->get<Value::Object>();
	BOOST_TEST(place(parsed.root->place) == "1:1");
	BOOST_TEST(place(root[0].place) == "2:3");
	BOOST_TEST(place(root[0].value.place) == "2:9");
	BOOST_TEST(place(root[1].place) == "3:2");
	BOOST_TEST(place(root[1].value.place) == "3:7");
	const auto& array = *root[1].value.get<Value::Array>();
	BOOST_TEST(place(array[0].place) == "3:8");
	BOOST_TEST(place(array[1].place) == "3:14");
	BOOST_TEST(*array[1].get<std::string>() == "x\"y");
	BOOST_TEST(place(array[2].place) == "3:22");
	const auto& inner = *root[2].value.get<Value::Object>();
	BOOST_TEST(place(root[2].value.place) == "4:7");
	BOOST_TEST(place(inner[0].place) == "4:8");
	BOOST_TEST(place(inner[0].value.place) == "4:13");
	BOOST_TEST(*inner[0].value.get<double>() == -1.5);
}

BOOST_AUTO_TEST_CASE(written_text_means_the_same) {
	const auto parsed = parse_document(sample, Sources("f", sample));
	BOOST_REQUIRE(parsed.root);
	BOOST_TEST(to_json(*parsed.root).find("[0,-1,1.5,-0.002,18446744073709551615,9223372036854775807,0.1]") !=
		   std::string::npos);
	BOOST_CHECK(boost::json::parse(to_json(*parsed.root)) == boost::json::parse(sample));
	const std::string whole = "[1.0,1e5,-0.0]";
	BOOST_TEST(to_json(*parse_document(whole, Sources("f", whole)).root) == "[1.0,1e+05,-0.0]");
}

// The parser sees one byte at a time; what it accepts and makes of it must not depend on that.
BOOST_AUTO_TEST_CASE(mutated_text_is_judged_as_the_parser_judges_the_whole) {
	std::mt19937_64 random(3);
	const std::string_view alphabet = "{}[]:,\"\\0123456789.eE+-truefalsn u\n\t/\x80\xc3\xa9\xff";
	int accepted = 0;
	for (int i = 0; i < 30'000; ++i) {
		std::string text = sample;
		for (auto edits = random() % 4; edits > 0; --edits) {
			const std::size_t at = random() % text.size();
			const char c = alphabet[random() % alphabet.size()];
			switch (random() % 4) {
			case 0:
				text[at] = c;
				break;
			case 1:
				text.insert(at, 1, c);
				break;
			case 2:
				text.erase(at, 1);
				break;
			default:
				text.resize(random() % 10 ? text.size() : at + 1);
			}
		}
		const Sources sources("f", text);
		const auto parsed = parse_document(text, sources);
		boost::json::error_code error;
		const auto reference = boost::json::parse(text, error);
		// The parser makes an infinity of it.
		if (!parsed.root && parsed.errors.back().message.ends_with("is too large"))
			continue;
		if (parsed.root.has_value() == error.failed())
			BOOST_ERROR("judged differently: " << text);
		if (parsed.errors.empty() == error.failed())
			BOOST_ERROR("no reason, or a reason for nothing: " << text);
		if (parsed.root && !alike(boost::json::parse(to_json(*parsed.root)), reference))
			BOOST_ERROR("understood differently: " << text);
		for (const Finding& finding : parsed.errors)
			BOOST_REQUIRE(finding.place.offset <= text.size());
		accepted += parsed.root.has_value();
	}
	BOOST_TEST(accepted > 5'000);
	BOOST_TEST(accepted < 25'000);
}

BOOST_AUTO_TEST_SUITE_END()
