// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/explanation.hpp"

#include "host/config/load.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

Config config(bool drop) {
	Overrides overrides;
	overrides.drop_packets = drop;
	overrides.settings = {{"permitted_cidrs.1", "2001:db8::/32"}};
	return *load_config_text("{\"permitted_cidrs\": [{\"cidr\": \"10.0.0.0/8\", \"name\": \"o \\u00e9f\"}],\n"
	                         "\"denied_cidrs\": [\"10.1.0.0/16\"],\n\"never_drop\": [\"10.1.2.0/24\"]}",
	                         "c", overrides)
	            .config;
}

std::string explain(std::string_view address, bool drop) {
	return explanation_of(std::get<Prefix>(parse_address(address)), config(drop));
}

std::string json(std::string_view address, bool drop) {
	return boost::json::serialize(explanation_json(std::get<Prefix>(parse_address(address)), config(drop)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(explanation)

BOOST_AUTO_TEST_CASE(the_deciding_entry_and_those_it_overrides) {
	BOOST_TEST(explain("10.9.9.9", true) == "10.9.9.9 permitted: passes, and is not reported\n"
	                                        "  decided by  10.0.0.0/8 \"o éf\"  permitted_cidrs  c:1:31\n");
	BOOST_TEST(explain("10.1.9.9", true) == "10.1.9.9 denied: reported and dropped\n"
	                                        "  decided by  10.1.0.0/16        denied_cidrs     c:2:18\n"
	                                        "  overrides   10.0.0.0/8 \"o éf\"  permitted_cidrs  c:1:31\n");
	BOOST_TEST(explain("10.1.9.9", false).starts_with("10.1.9.9 denied: reported, as nothing is dropped here\n"));
	BOOST_TEST(explain("10.1.2.3", true) == "10.1.2.3 never dropped: reported, and passes\n"
	                                        "  decided by  10.1.2.0/24        never_drop       c:3:16\n"
	                                        "  overrides   10.1.0.0/16        denied_cidrs     c:2:18\n"
	                                        "  overrides   10.0.0.0/8 \"o éf\"  permitted_cidrs  c:1:31\n");
	BOOST_TEST(explain("2001:db8::1", false) ==
	           "2001:db8::1 permitted: passes, and is not reported\n"
	           "  decided by  2001:db8::/32  permitted_cidrs  --set permitted_cidrs.1\n");
	BOOST_TEST(explain("::1", true) == "::1 denied: reported and dropped\n  no entry covers it\n");
}

BOOST_AUTO_TEST_CASE(the_same_for_programs) {
	BOOST_TEST(
	    json("10.1.9.9", true) ==
	    R"({"address":"10.1.9.9","verdict":"denied","action":"drop","decided_by":{"prefix":"10.1.0.0/16",)"
	    R"("class":"denied","list":"denied_cidrs","file":"c","line":2,"column":18},"overrides":[{"prefix":)"
	    "\"10.0.0.0/8\",\"class\":\"permitted\",\"name\":\"o éf\",\"list\":\"permitted_cidrs\",\"file\":\"c\","
	    "\"line\":1,\"column\":31}]}");
	BOOST_TEST(json("::1", false) ==
	           R"({"address":"::1","verdict":"denied","action":"log","decided_by":null,"overrides":[]})");
	BOOST_TEST(json("10.1.2.3", true).find(R"("verdict":"never_drop","action":"log")") != std::string::npos);
	BOOST_TEST(json("2001:db8::1", true)
	               .find(R"("action":"pass","decided_by":{"prefix":"2001:db8::/32","class":"permitted",)"
	                     R"("list":"permitted_cidrs","file":"--set permitted_cidrs.1"})") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
