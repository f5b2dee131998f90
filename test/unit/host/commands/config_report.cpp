// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/config_report.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace tmon;

BOOST_AUTO_TEST_SUITE(config_report)

BOOST_AUTO_TEST_CASE(a_right_file_is_summed_up_in_a_line) {
	const auto plain = load_config_text(R"({"permitted_cidrs": ["10.0.0.0/8", "::1/128", "11.0.0.0/8"]})", "c");
	BOOST_REQUIRE(plain.config);
	BOOST_TEST(summary_of("a\nb", *plain.config).starts_with("a"));
	BOOST_TEST(summary_of("a\nb", *plain.config).find('\n') == std::string::npos);
	BOOST_TEST(summary_of("c", *plain.config) ==
	           "c: right; 3 permitted (2 IPv4, 1 IPv6), 0 denied, 0 never dropped; only logs; plugins: console; lists: none");
	BOOST_TEST(boost::json::serialize(report_of("c", plain)) ==
	           R"({"file":"c","right":true,"errors":[],"warnings":[],"drop_packets":false,)"
	           R"("prefixes":{"permitted":{"ipv4":2,"ipv6":1},"denied":{"ipv4":0,"ipv6":0},"never_drop":{"ipv4":0,"ipv6":0}},)"
	           R"("plugins":["console"],"lists":[]})");
	auto dropping = load_config_text(R"({"permitted_cidrs": ["10.0.0.0/8"], "denied_cidrs": ["10.1.0.0/16"],
		"never_drop": ["::/0"], "drop_packets": true, "plugins": [{"plugin": "a"}, {"plugin": "b"}]})",
	                                 "c");
	BOOST_REQUIRE(dropping.config);
	dropping.config->lists = {"x.txt", "y.txt"};
	BOOST_TEST(summary_of("c", *dropping.config) ==
	           "c: right; 1 permitted (1 IPv4, 0 IPv6), 1 denied (1 IPv4, 0 IPv6), 1 never dropped (0 IPv4, 1 IPv6); drops; "
	           "plugins: a, b; lists: x.txt, y.txt");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_to_programs) {
	const auto wrong = load_config_text(R"({"permitted_cidrs": ["x/8"], "logging": {"format": "console", "output_file": "f"}})",
	                                    "c\xff");
	BOOST_TEST(boost::json::serialize(report_of("c\xff", wrong)) ==
	           R"({"file":"c\\xff","right":false,"errors":[{"file":"c\\xff","line":1,"column":22,)"
	           R"("message":"permitted_cidrs[0] \"x/8\": unexpected 'x'"}],"warnings":[{"file":"c\\xff","line":1,"column":78,)"
	           R"("message":"logging.output_file has no effect: the format is console"}]})");
	const auto missing = load_config("/nonexistent");
	BOOST_TEST(boost::json::serialize(report_of("/nonexistent", missing)).find("\"line\"") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
