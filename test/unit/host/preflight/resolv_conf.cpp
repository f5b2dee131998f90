// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/resolv_conf.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

std::string servers_of(std::string_view text) {
	std::string servers;
	for (const NameServer& server : parse_resolv_conf(text).servers)
		servers += to_string(server.address) + (server.zone.empty() ? "" : "%" + server.zone) + " ";
	return servers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(resolv_conf)

BOOST_AUTO_TEST_CASE(nameserver_lines_are_read_as_the_c_library_reads_them) {
	BOOST_TEST(servers_of("nameserver 192.0.2.1\nnameserver\t2001:db8::1  \n") == "192.0.2.1 2001:db8::1 ");
	BOOST_TEST(servers_of("nameserver 192.0.2.1") == "192.0.2.1 ");
	BOOST_TEST(servers_of("nameserver 192.0.2.1\r\n") == "192.0.2.1 ");
	BOOST_TEST(servers_of("nameserver fe80::1%eth0\n") == "fe80::1%eth0 ");
	BOOST_TEST(servers_of("nameserver 192.0.2.1 # the router\n") == "192.0.2.1 ");
	BOOST_TEST(servers_of("nameserver ::ffff:192.0.2.1\n") == "192.0.2.1 ");
	BOOST_TEST(servers_of("nameserver 10.1\n") == "10.0.0.1 ");
}

BOOST_AUTO_TEST_CASE(other_lines_are_not) {
	BOOST_TEST(servers_of("# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n nameserver 192.0.2.3\nnameservers 192.0.2.4\n"
	                      "search example.org\noptions edns0\n\nnameserver\n") == "");
	BOOST_TEST(servers_of("") == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_kept_to_be_told) {
	const ResolvConf conf = parse_resolv_conf("nameserver dns.example\nnameserver \nnameserver 192.0.2.1\n");
	BOOST_TEST(conf.servers.size() == 1u);
	BOOST_REQUIRE(conf.unreadable.size() == 2u);
	BOOST_TEST(conf.unreadable[0] == "dns.example");
	BOOST_TEST(conf.unreadable[1] == "");
}

BOOST_AUTO_TEST_CASE(a_stub_is_told_from_a_server) {
	BOOST_TEST(is_systemd_stub(parse_resolv_conf("nameserver 127.0.0.53\n")));
	BOOST_TEST(!is_systemd_stub(parse_resolv_conf("nameserver 127.0.0.53\nnameserver 192.0.2.1\n")));
	BOOST_TEST(!is_systemd_stub(parse_resolv_conf("nameserver 127.0.0.1\n")));
	BOOST_TEST(names_only_this_host(parse_resolv_conf("nameserver 127.0.0.1\nnameserver ::1\n")));
	BOOST_TEST(!names_only_this_host(parse_resolv_conf("")));
}

BOOST_AUTO_TEST_SUITE_END()
