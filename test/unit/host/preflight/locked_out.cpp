// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/locked_out.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon;

namespace {

PolicyEntry entry(const char* prefix, EntryClass kind, std::string name = {}, EntryPlace place = {}) {
	return {std::get<Prefix>(parse_prefix(prefix)), kind, std::move(name), place};
}

Peer peer(PeerKind kind, const char* address, std::string detail) {
	return {kind, as_address(std::get<Prefix>(parse_address(address))), std::move(detail), {7, "eth0"}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(locked_out)

BOOST_AUTO_TEST_CASE(the_longest_prefix_says_who_is_safe) {
	Policy policy;
	policy.files = {"cfg.json"};
	policy.entries = {entry("10.0.0.0/8", EntryClass::permitted),
	                  entry("10.1.0.0/16", EntryClass::denied, "guests", {0, 4, 9}),
	                  entry("10.1.0.7/32", EntryClass::never_drop), entry("10.1.0.8/32", EntryClass::permitted)};
	const std::vector<Peer> peers = {peer(PeerKind::ssh, "10.2.0.1", "a"), peer(PeerKind::ssh, "10.1.0.1", "b"),
	                                 peer(PeerKind::ssh, "10.1.0.7", "c"), peer(PeerKind::ssh, "10.1.0.8", "d"),
	                                 peer(PeerKind::ssh, "192.0.2.1", "e"), peer(PeerKind::dns, "fe80::1", "f")};
	const auto found = tmon::locked_out(peers, policy);
	BOOST_REQUIRE(found.size() == 3u);
	BOOST_TEST(found[0].peer.detail == "b");
	BOOST_TEST(found[0].denied_by == &policy.entries[1]);
	BOOST_TEST(found[1].peer.detail == "e");
	BOOST_TEST(found[1].denied_by == nullptr);
	BOOST_TEST(found[2].peer.detail == "f");
	BOOST_TEST(advise(found) == "add \"10.1.0.1/32\", \"192.0.2.1/32\", \"fe80::1/128\" to \"permitted_cidrs\" or \"never_drop\", "
	                            "or drop nevertheless with --force");
}

BOOST_AUTO_TEST_CASE(each_is_described_with_the_reason) {
	Policy policy;
	policy.files = {"cfg.json"};
	policy.entries = {entry("10.1.0.0/16", EntryClass::denied, "guests", {0, 4, 9})};
	const std::vector<Peer> peers = {peer(PeerKind::ssh, "10.1.0.1", "SSH session from 10.1.0.1:50222 (this one)"),
	                                 peer(PeerKind::dns, "192.0.2.1", "DNS server 192.0.2.1"),
	                                 peer(PeerKind::gateway, "192.0.2.254", "default gateway 192.0.2.254")};
	const auto found = tmon::locked_out(peers, policy);
	BOOST_REQUIRE(found.size() == 3u);
	BOOST_TEST(describe(found[0], policy) ==
	           "SSH session from 10.1.0.1:50222 (this one) on eth0 would be dropped: 10.1.0.0/16 (guests) at cfg.json:4:9 denies "
	           "10.1.0.1; the session would freeze");
	BOOST_TEST(describe(found[1], policy) == "DNS server 192.0.2.1 on eth0 would be dropped: no prefix permits 192.0.2.1; "
	                                         "names could not be resolved");
	BOOST_TEST(describe(found[2], policy).starts_with("default gateway 192.0.2.254 on eth0 would be dropped: no prefix "));
}

BOOST_AUTO_TEST_CASE(a_peer_is_advised_once) {
	const std::vector<Peer> peers = {peer(PeerKind::gateway, "192.0.2.1", "a"), peer(PeerKind::dns, "192.0.2.1", "b")};
	BOOST_TEST(advise(tmon::locked_out(peers, {})).starts_with("add \"192.0.2.1/32\" to "));
}

BOOST_AUTO_TEST_SUITE_END()
