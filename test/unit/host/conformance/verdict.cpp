// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/verdict.hpp"

#include "host/config/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

Verdict sample() {
	Verdict verdict;
	verdict.plugin = "./mine.so";
	verdict.id = "mine";
	verdict.version = "1";
	verdict.sha256 = "00";
	verdict.seed = 18446744073709551615u;
	verdict.reproduce = "again";
	verdict.cases = {{"static", "exports", "symbols"}, {"dynamic", "state", "memory", Outcome::skip, {"skip: it has none"}}};
	return verdict;
}

} // namespace

BOOST_AUTO_TEST_SUITE(conformance_verdict)

BOOST_AUTO_TEST_CASE(the_worst_finding_counts) {
	CaseResult result{"static", "one", "it"};
	BOOST_TEST((result.outcome == Outcome::pass));
	result.add(Outcome::note, "a");
	BOOST_TEST((result.outcome == Outcome::note));
	result.add(Outcome::fail, "b");
	result.add(Outcome::note, "c");
	BOOST_TEST((result.outcome == Outcome::fail));
	BOOST_TEST(result.messages == (std::vector<std::string>{"note: a", "fail: b", "note: c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(notes_and_skips_pass) {
	Verdict verdict = sample();
	verdict.cases[0].add(Outcome::note, "hm");
	BOOST_TEST(verdict.passed());
	BOOST_TEST(to_text(verdict) == "./mine.so: mine 1, seed 18446744073709551615\n"
	                               "note  exports              symbols\n"
	                               "        note: hm\n"
	                               "skip  state                memory\n"
	                               "        skip: it has none\n"
	                               "passed: 1 cases, 0 failed, 1 with notes; 1 skipped\n"
	                               "to repeat: again\n");
	verdict.cases[1].add(Outcome::fail, "no");
	BOOST_TEST(!verdict.passed());
	BOOST_TEST(to_text(verdict).find("FAILED: 2 cases, 1 failed, 1 with notes\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_is_json_whatever_a_plugin_writes) {
	Verdict verdict = sample();
	verdict.cases[0].add(Outcome::fail, std::string("\0\xff\n\"\xc3", 5));
	verdict.plugin = "\xfe";
	const boost::json::object object = boost::json::parse(to_json(verdict)).as_object();
	BOOST_TEST(object.at("verdict") == "failed");
	BOOST_TEST(object.at("seed").to_number<uint64_t>() == 18446744073709551615u);
	BOOST_TEST(object.at("plugin").as_string() == "\\xfe");
	BOOST_TEST(object.at("cases").at(0).at("messages").at(0).as_string() == std::string("fail: \0\\xff\n\"\\xc3", 17));
	// One line for each message, in the text.
	BOOST_TEST(to_text(verdict).find("        fail: \\x00") != std::string::npos, to_text(verdict));
}

BOOST_AUTO_TEST_CASE(utf8_is_told_from_what_is_none) {
	for (const char* text : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
		BOOST_TEST(is_utf8(text));
		BOOST_TEST(as_utf8(text) == text);
	}
	for (const char* text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"}) {
		BOOST_TEST(!is_utf8(text));
		BOOST_TEST(is_utf8(as_utf8(text)));
	}
}

BOOST_AUTO_TEST_SUITE_END()
