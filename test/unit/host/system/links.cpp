// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/links.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <random>

using namespace tmon;

namespace {

std::string link_payload(uint32_t ifindex, uint32_t flags, const std::string& attributes, uint8_t family = AF_UNSPEC) {
	ifinfomsg header{};
	header.ifi_family = family;
	header.ifi_index = static_cast<int>(ifindex);
	header.ifi_flags = flags;
	return std::string(bytes_of(header)) + attributes;
}

std::string name(const char* text) { return make_attribute(IFLA_IFNAME, std::string_view(text, std::strlen(text) + 1)); }
std::string number(uint16_t type, uint32_t value) { return make_attribute(type, bytes_of(value)); }
std::string kind(std::string_view text) {
	return make_attribute(IFLA_LINKINFO | NLA_F_NESTED, make_attribute(IFLA_INFO_KIND, text));
}

std::string message(uint16_t type, std::string_view payload) {
	nlmsghdr header{};
	header.nlmsg_len = static_cast<uint32_t>(sizeof header + payload.size());
	header.nlmsg_type = type;
	std::string bytes = std::string(bytes_of(header)) + std::string(payload);
	bytes.resize(NLMSG_ALIGN(bytes.size()));
	return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(a_link_is_read) {
	const auto link = read_link(link_payload(7, IFF_UP, name("eth0") + number(IFLA_MASTER, 3)));
	BOOST_REQUIRE(link.has_value());
	BOOST_TEST(link->ifindex == 7u);
	BOOST_TEST(link->name == "eth0");
	BOOST_TEST(link->up);
	BOOST_TEST(!link->loopback);
	BOOST_TEST(link->master == 3u);
	BOOST_TEST(link->lower == 0u);
	BOOST_TEST(!read_link(link_payload(7, 0, name("eth0")))->up);
	BOOST_TEST(read_link(link_payload(1, IFF_LOOPBACK, name("lo")))->loopback);
}

BOOST_AUTO_TEST_CASE(what_a_bridge_says_of_its_port_is_no_link) {
	BOOST_TEST(!read_link(link_payload(7, IFF_UP, name("eth0"), AF_BRIDGE)));
}

BOOST_AUTO_TEST_CASE(only_what_stands_on_another_has_a_lower_link) {
	BOOST_TEST(read_link(link_payload(9, 0, name("eth0.5") + number(IFLA_LINK, 7) + kind("vlan")))->lower == 7u);
	BOOST_TEST(read_link(link_payload(9, 0, name("veth0") + number(IFLA_LINK, 7) + kind("veth")))->lower == 0u);
	BOOST_TEST(read_link(link_payload(9, 0, name("gre1") + number(IFLA_LINK, 7) + kind("gre")))->lower == 0u);
	const std::string elsewhere = number(IFLA_LINK_NETNSID, 0);
	BOOST_TEST(read_link(link_payload(9, 0, name("m") + number(IFLA_LINK, 7) + elsewhere + kind("macvlan")))->lower == 0u);
}

BOOST_AUTO_TEST_CASE(what_arrives_is_followed_upwards) {
	// eth0 (2) and eth1 (3) are ports of bond0 (4), vlan 5 (5) on it is a port of br0 (6); eth2 (7) is apart.
	const std::vector<Link> all = {{2, "eth0", true, false, 4, 0},   {3, "eth1", true, false, 4, 0},
	                               {4, "bond0", true, false, 0, 0},  {5, "bond0.5", true, false, 6, 4},
	                               {6, "br0", true, false, 0, 0},    {7, "eth2", true, false, 0, 0}};
	const auto fed = links_fed_by(all, 2);
	BOOST_TEST(fed == (std::vector<uint32_t>{2, 4, 5, 6}), boost::test_tools::per_element());
	BOOST_TEST(links_fed_by(all, 7) == (std::vector<uint32_t>{7}), boost::test_tools::per_element());
	// Two that stand on each other, as no kernel says, come to an end.
	const std::vector<Link> circle = {{2, "a", true, false, 3, 0}, {3, "b", true, false, 2, 0}};
	BOOST_TEST(links_fed_by(circle, 2).size() == 2u);
}

BOOST_AUTO_TEST_CASE(messages_are_split_and_a_cut_one_ends_them) {
	const std::string bytes = message(RTM_NEWLINK, "abc") + message(RTM_DELLINK, "defg");
	const auto whole = split_messages(bytes);
	BOOST_REQUIRE(whole.size() == 2u);
	BOOST_TEST(whole[0].payload == "abc");
	BOOST_TEST(whole[1].type == RTM_DELLINK);
	BOOST_TEST(whole[1].payload == "defg");
	for (std::size_t size = 0; size < bytes.size(); ++size)
		BOOST_TEST(split_messages(std::string_view(bytes).substr(0, size)).size() <= 1u);
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_never_read_beyond_their_end) {
	const std::string sound = link_payload(7, IFF_UP, name("eth0") + number(IFLA_LINK, 3) + kind("vlan"));
	std::mt19937 random(7);
	unsigned read = 0;
	for (int i = 0; i < 50'000; ++i) {
		std::string damaged = sound.substr(0, random() % (sound.size() + 1));
		if (!damaged.empty())
			damaged[random() % damaged.size()] = static_cast<char>(random());
		// Exactly as long as it is, so that the sanitizer sees each byte beyond.
		const std::vector<char> exact(damaged.begin(), damaged.end());
		read += read_link({exact.data(), exact.size()}).has_value();
	}
	BOOST_TEST(read > 0u);
	BOOST_TEST(read < 50'000u);
}

BOOST_AUTO_TEST_SUITE_END()
