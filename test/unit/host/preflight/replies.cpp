// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the kernel and sshd say, from bytes.
#include "host/preflight/routes.hpp"
#include "host/preflight/ssh.hpp"
#include "host/preflight/tcp_sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <random>

using namespace tmon;

namespace {

std::string route_payload(uint8_t family, uint8_t length, uint8_t type, const std::string& attributes) {
	rtmsg header{};
	header.rtm_family = family;
	header.rtm_dst_len = length;
	header.rtm_type = type;
	return std::string(bytes_of(header)) + attributes;
}

std::string number(uint16_t type, uint32_t value) { return make_attribute(type, bytes_of(value)); }

std::string gateway(const char* text, uint16_t type = RTA_GATEWAY) {
	const Address address = as_address(std::get<Prefix>(parse_address(text)));
	std::string value;
	if (type == RTA_VIA) {
		const uint16_t family = address.family == 4 ? AF_INET : AF_INET6;
		value = bytes_of(family);
	}
	value.append(reinterpret_cast<const char*>(address.bytes.data()), address.family == 4 ? 4 : 16);
	return make_attribute(type, value);
}

std::string hop(int ifindex, const std::string& attributes) {
	rtnexthop header{};
	header.rtnh_len = static_cast<unsigned short>(sizeof header + attributes.size());
	header.rtnh_ifindex = ifindex;
	return std::string(bytes_of(header)) + attributes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(replies)

BOOST_AUTO_TEST_CASE(a_route_is_read) {
	const auto route = read_route(route_payload(AF_INET, 0, RTN_UNICAST, gateway("192.0.2.1") + number(RTA_OIF, 7)));
	BOOST_REQUIRE(route.has_value());
	BOOST_TEST(route->is_default);
	BOOST_TEST(route->is_unicast);
	BOOST_REQUIRE(route->hops.size() == 1u);
	BOOST_TEST(to_string(*route->hops[0].gateway) == "192.0.2.1");
	BOOST_TEST(route->hops[0].ifindex == 7u);
	BOOST_TEST(!read_route(route_payload(AF_INET, 24, RTN_UNICAST, number(RTA_OIF, 7)))->is_default);
	BOOST_TEST(!read_route(route_payload(AF_INET6, 0, RTN_UNREACHABLE, number(RTA_OIF, 1)))->is_unicast);
	BOOST_TEST(!read_route(route_payload(AF_BRIDGE, 0, RTN_UNICAST, "")));
}

BOOST_AUTO_TEST_CASE(a_gateway_may_be_of_the_other_family) {
	const auto route =
	    read_route(route_payload(AF_INET, 0, RTN_UNICAST, gateway("fe80::1", RTA_VIA) + number(RTA_OIF, 7)));
	BOOST_REQUIRE(route && route->hops.size() == 1u);
	BOOST_TEST(to_string(*route->hops[0].gateway) == "fe80::1");
}

BOOST_AUTO_TEST_CASE(each_hop_of_a_multipath_route_counts) {
	const std::string hops = hop(7, gateway("192.0.2.1")) + hop(8, gateway("198.51.100.1")) + hop(9, "");
	const auto route = read_route(route_payload(AF_INET, 0, RTN_UNICAST, make_attribute(RTA_MULTIPATH, hops)));
	BOOST_REQUIRE(route && route->hops.size() == 3u);
	BOOST_TEST(to_string(*route->hops[1].gateway) == "198.51.100.1");
	BOOST_TEST(route->hops[1].ifindex == 8u);
	BOOST_TEST(!route->hops[2].gateway);
}

BOOST_AUTO_TEST_CASE(a_tcp_socket_is_read) {
	inet_diag_msg message{};
	message.idiag_family = AF_INET6;
	message.idiag_state = TCP_ESTABLISHED;
	message.id.idiag_sport = htons(22);
	message.id.idiag_dport = htons(50222);
	message.id.idiag_if = 3;
	message.idiag_inode = 99;
	inet_pton(AF_INET6, "::ffff:192.0.2.2", message.id.idiag_src);
	inet_pton(AF_INET6, "::ffff:192.0.2.5", message.id.idiag_dst);
	const auto socket = read_tcp_socket(bytes_of(message));
	BOOST_REQUIRE(socket.has_value());
	BOOST_TEST(to_string(socket->local) == "192.0.2.2");
	BOOST_TEST(to_string(socket->remote) == "192.0.2.5");
	BOOST_TEST(socket->local_port == 22);
	BOOST_TEST(socket->remote_port == 50222);
	BOOST_TEST(socket->established);
	BOOST_TEST(!socket->listening);
	BOOST_TEST(socket->ifindex == 3u);
	BOOST_TEST(socket->inode == 99u);
	BOOST_TEST(!read_tcp_socket(bytes_of(message).substr(1)));
}

BOOST_AUTO_TEST_CASE(damaged_routes_are_never_read_beyond_their_end) {
	const std::string hops = hop(7, gateway("192.0.2.1")) + hop(8, gateway("198.51.100.1"));
	const std::string sound =
	    route_payload(AF_INET, 0, RTN_UNICAST, make_attribute(RTA_MULTIPATH, hops) + gateway("fe80::1", RTA_VIA));
	std::mt19937 random(11);
	unsigned read = 0;
	for (int i = 0; i < 50'000; ++i) {
		std::string damaged = sound.substr(0, random() % (sound.size() + 1));
		if (!damaged.empty())
			damaged[random() % damaged.size()] = static_cast<char>(random());
		const std::vector<char> exact(damaged.begin(), damaged.end());
		read += read_route({exact.data(), exact.size()}).has_value();
	}
	BOOST_TEST(read > 0u);
	BOOST_TEST(read < 50'000u);
}

BOOST_AUTO_TEST_CASE(what_sshd_tells_is_read) {
	const auto session = parse_ssh_session("192.0.2.5 50222 198.51.100.2 2222");
	BOOST_REQUIRE(session.has_value());
	BOOST_TEST(to_string(session->client) == "192.0.2.5");
	BOOST_TEST(session->client_port == 50222);
	BOOST_TEST(session->server_port == 2222);
	BOOST_TEST(to_string(session->server.value()) == "198.51.100.2");
	BOOST_TEST(parse_ssh_session("192.0.2.5 50222 22")->server_port == 22);
	BOOST_TEST(to_string(parse_ssh_session("fe80::5%eth0 50222 fe80::2%eth0 22")->client) == "fe80::5");
	BOOST_TEST(parse_ssh_session("fe80::5%eth0 50222 fe80::2%eth0 22")->zone == "eth0");
	for (const char* text : {"", "192.0.2.5", "192.0.2.5 50222", "host 50222 22", "192.0.2.5 x 22", "192.0.2.5 70000 22",
	                         "UNKNOWN 65535 65535", "192.0.2.5 1 2 3 4"})
		BOOST_TEST(!parse_ssh_session(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
