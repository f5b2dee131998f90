// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/address.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>

using namespace tmon;

namespace {

Address must_parse(const char* text) { return as_address(std::get<Prefix>(parse_address(text))); }

} // namespace

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(text_becomes_an_address_and_canonical_text_again) {
	BOOST_TEST(to_string(must_parse("10.1.2.3")) == "10.1.2.3");
	BOOST_TEST(to_string(must_parse("2001:DB8:0:0::1")) == "2001:db8::1");
	BOOST_TEST(to_string(must_parse("::")) == "::");
	BOOST_TEST(to_string(must_parse("0.0.0.0")) == "0.0.0.0");
	BOOST_TEST(to_string(as_prefix(must_parse("10.1.2.3"))) == "10.1.2.3/32");
	BOOST_TEST(to_string(as_prefix(must_parse("::1"))) == "::1/128");
}

BOOST_AUTO_TEST_CASE(a_mapped_address_in_bytes_is_the_ipv4_address) {
	in6_addr bytes{};
	BOOST_REQUIRE(inet_pton(AF_INET6, "::ffff:192.0.2.5", &bytes) == 1);
	BOOST_TEST(to_string(ipv6_address(&bytes)) == "192.0.2.5");
	BOOST_TEST((ipv6_address(&bytes) == must_parse("192.0.2.5")));
	BOOST_REQUIRE(inet_pton(AF_INET6, "::fffe:192.0.2.5", &bytes) == 1);
	BOOST_TEST(int(ipv6_address(&bytes).family) == 6);
}

BOOST_AUTO_TEST_CASE(what_never_leaves_the_host_or_the_link_is_told_apart) {
	for (const char* text : {"127.0.0.1", "127.255.0.9", "::1"})
		BOOST_TEST(is_loopback(must_parse(text)), text);
	for (const char* text : {"126.0.0.1", "128.0.0.1", "::2", "::", "fe80::1"})
		BOOST_TEST(!is_loopback(must_parse(text)), text);
	for (const char* text : {"fe80::1", "febf::1"})
		BOOST_TEST(is_link_local(must_parse(text)), text);
	for (const char* text : {"fec0::1", "fe00::1", "254.128.0.1"})
		BOOST_TEST(!is_link_local(must_parse(text)), text);
}

BOOST_AUTO_TEST_SUITE_END()
