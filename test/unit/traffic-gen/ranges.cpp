// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/ranges.hpp"

#include "test/support/temp_dir.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace tmon;
using namespace tmon::packet;

namespace {

const std::string default_configuration = TMON_TOP "/configs/default.json";

} // namespace

BOOST_AUTO_TEST_SUITE(ranges)

BOOST_AUTO_TEST_CASE(what_is_public) {
	for (const char* text :
	     {"8.8.8.8", "1.1.1.1", "172.32.0.1", "192.0.3.1", "100.128.0.1", "223.255.255.1", "198.20.0.1"})
		BOOST_TEST(is_public(Ipv4Address(text)), text);
	for (const char* text : {"0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.255.1",
				 "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.19.1.1", "198.51.100.1",
				 "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"})
		BOOST_TEST(!is_public(Ipv4Address(text)), text);
	for (const char* text : {"2600::1", "2001:4860::8888", "2a00::1", "3ffe::1"})
		BOOST_TEST(is_public(Ipv6Address(text)), text);
	for (const char* text : {"::", "::1", "::ffff:8.8.8.8", "64:ff9b::1", "fd00::1", "fe80::1", "ff02::1",
				 "2001::1", "2001:db8::1", "2002::1", "3fff::1", "2620:4f:8000::1"})
		BOOST_TEST(!is_public(Ipv6Address(text)), text);
}

BOOST_AUTO_TEST_CASE(what_is_permitted) {
	for (const char* text : {"10.255.0.1", "172.16.0.1", "172.31.255.255", "192.168.3.4", "127.9.9.9"})
		BOOST_TEST(is_permitted(Ipv4Address(text)), text);
	for (const char* text : {"11.0.0.1", "172.32.0.1", "172.15.0.1", "192.169.0.1", "128.0.0.1"})
		BOOST_TEST(!is_permitted(Ipv4Address(text)), text);
	for (const char* text : {"::1", "fc00::1", "fdff::1", "fe80::1", "febf::1"})
		BOOST_TEST(is_permitted(Ipv6Address(text)), text);
	for (const char* text : {"::", "::2", "fb00::1", "fe00::1", "fec0::1", "ff02::1", "2001:db8::1"})
		BOOST_TEST(!is_permitted(Ipv6Address(text)), text);
}

BOOST_AUTO_TEST_CASE(agrees_with_the_default_configuration) {
	const auto config = boost::json::parse(tmon::test::read_file(default_configuration)).as_object();
	std::set<std::string> cidrs;
	for (const auto& entry : config.at("permitted_cidrs").as_array())
		cidrs.insert(std::string(entry.is_object() ? entry.at("cidr").as_string() : entry.as_string()));
	const std::set<std::string> expected = {"10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
						"::1/128",    "fc00::/7",    "fe80::/10"};
	BOOST_TEST(cidrs == expected, boost::test_tools::per_element());
	BOOST_TEST(!config.contains("denied_cidrs"));
}

BOOST_AUTO_TEST_CASE(random_hosts_are_of_their_ranges) {
	Random random(1);
	for (int i = 0; i < 10000; ++i) {
		const auto permitted = random_permitted4(random);
		BOOST_REQUIRE(is_permitted(permitted));
		BOOST_REQUIRE(permitted.bytes[0] != 127);
		BOOST_REQUIRE(random_permitted6(random).bytes[0] == 0xfd);
		BOOST_REQUIRE(is_public(random_public6(random)));
		for (const Ipv4Address& host : {permitted, random_documentation4(random)})
			BOOST_REQUIRE((host.bytes[3] != 0 && host.bytes[3] != 255));
	}
}

BOOST_AUTO_TEST_SUITE_END()
