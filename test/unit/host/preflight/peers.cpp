// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Real connections, routes and files, in network namespaces.
#include "host/preflight/peers.hpp"

#include "host/preflight/locked_out.hpp"
#include "host/system/fd.hpp"
#include "test/support/network_namespace.hpp"
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

using namespace tmon;
using namespace tmon::test;

namespace {

sockaddr_in6 endpoint(const std::string& address, uint16_t port, uint32_t scope = 0) {
	sockaddr_in6 end{};
	end.sin6_family = AF_INET6;
	end.sin6_port = htons(port);
	end.sin6_scope_id = scope;
	const std::string text = address.find(':') == std::string::npos ? "::ffff:" + address : address;
	BOOST_REQUIRE(inet_pton(AF_INET6, text.c_str(), &end.sin6_addr) == 1);
	return end;
}

// A TCP connection that `client` has made to `server`, and its two ends.
struct Connection {
	Fd listening, accepted, connecting;
	std::string client_port;

	Connection(const NetworkNamespace& client, const NetworkNamespace& server, const std::string& address, uint16_t port,
	           const std::string& interface = {}) {
		{
			const NetworkNamespace::Inside inside(server);
			listening = Fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
			const int on = 1;
			setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
			const sockaddr_in6 any = endpoint("::", port);
			BOOST_REQUIRE(bind(listening.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
			BOOST_REQUIRE(listen(listening.get(), 4) == 0);
		}
		{
			const NetworkNamespace::Inside inside(client);
			connecting = Fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
			const sockaddr_in6 to = endpoint(address, port, if_nametoindex(interface.c_str()));
			BOOST_REQUIRE(connect(connecting.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
		}
		accepted = Fd(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
		BOOST_REQUIRE(bool(accepted));
		sockaddr_in6 own{};
		socklen_t size = sizeof own;
		BOOST_REQUIRE(getsockname(connecting.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
		client_port = std::to_string(ntohs(own.sin6_port));
	}
};

struct Network {
	NetworkNamespace far, here;
	VethPair cable{far, here, VethOptions{}};
	TempDir files;
	ResolverFiles resolver;

	Network() {
		for (const char* name : {"SSH_CONNECTION", "SSH_CLIENT"})
			unsetenv(name);
		resolver = {files.write("resolv.conf", "nameserver 127.0.0.1\n"), files / "behind"};
	}

	Peers find(const std::vector<std::string>& names) const {
		const NetworkNamespace::Inside inside(here);
		std::vector<Interface> monitored;
		for (const std::string& name : names)
			monitored.push_back({if_nametoindex(name.c_str()), name});
		return peers_of(monitored, resolver);
	}
	Peers find() const { return find({cable.right().interface}); }
};

std::vector<std::string> details(const Peers& peers) {
	std::vector<std::string> all;
	for (const Peer& peer : peers.peers)
		all.push_back(peer.detail + " on " + peer.interface.name);
	std::sort(all.begin(), all.end());
	return all;
}

bool any_note(const Peers& peers, const std::string& text) {
	return std::any_of(peers.notes.begin(), peers.notes.end(),
	                   [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

using Lines = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(peers, *needs_root())

BOOST_AUTO_TEST_CASE(ssh_sessions_of_both_families_are_found) {
	const Network net;
	const Connection v4(net.far, net.here, net.cable.right().address, 22);
	const Peers found = net.find();
	BOOST_TEST(details(found) == (Lines{"SSH session from 10.77.0.1:" + v4.client_port + " on veth77r"}),
	           boost::test_tools::per_element());
	BOOST_REQUIRE(found.peers.size() == 1u);
	// It came in through an IPv6 socket.
	BOOST_TEST(int(found.peers[0].address.family) == 4);
	BOOST_TEST(found.peers[0].interface.ifindex != 0u);
	BOOST_TEST((found.peers[0].kind == PeerKind::ssh));
	Policy policy;
	BOOST_TEST(locked_out(found.peers, policy).size() == 1u);
	policy.entries.push_back({std::get<Prefix>(parse_prefix("10.77.0.0/24")), EntryClass::permitted, "", {}});
	BOOST_TEST(locked_out(found.peers, policy).empty());
}

BOOST_AUTO_TEST_CASE(an_ipv6_session_is_found) {
	const Network net;
	const Connection v6(net.far, net.here, net.cable.right().address6, 22);
	BOOST_TEST(details(net.find()) == (Lines{"SSH session from [fd77::1]:" + v6.client_port + " on veth77r"}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_link_local_session_is_found_on_its_link) {
	const Network net;
	net.far.ip({"address", "add", "fe80::1/64", "dev", net.cable.left().interface, "nodad"});
	net.here.ip({"address", "add", "fe80::2/64", "dev", net.cable.right().interface, "nodad"});
	const Connection session(net.far, net.here, "fe80::2", 22, net.cable.left().interface);
	const auto found = details(net.find());
	BOOST_REQUIRE(found.size() == 1u);
	BOOST_TEST(found[0].ends_with("]:" + session.client_port + " on veth77r"));
	BOOST_TEST(found[0].starts_with("SSH session from [fe80::"));
	BOOST_TEST(net.find({"lo"}).peers.empty());
}

BOOST_AUTO_TEST_CASE(other_connections_and_the_loopback_are_not_sessions) {
	const Network net;
	const Connection other(net.far, net.here, net.cable.right().address, 8022);
	const Connection own(net.here, net.here, "127.0.0.1", 22);
	const Connection own_address(net.here, net.here, net.cable.right().address, 2200);
	// From this host to the SSH port of the other.
	const Connection outwards(net.here, net.far, net.cable.left().address, 22);
	BOOST_TEST(net.find({"veth77r", "lo"}).peers.empty());
}

BOOST_AUTO_TEST_CASE(the_port_and_the_session_of_the_environment_count) {
	const Network net;
	const Connection session(net.far, net.here, net.cable.right().address, 2222);
	const Connection other(net.far, net.here, net.cable.right().address6, 8022);
	setenv("SSH_CONNECTION", ("10.77.0.1 " + session.client_port + " 10.77.0.2 2222").c_str(), 1);
	const auto found = details(net.find());
	unsetenv("SSH_CONNECTION");
	BOOST_TEST(found == (Lines{"SSH session from 10.77.0.1:" + session.client_port + " (this one) on veth77r"}),
	           boost::test_tools::per_element());
	// It is the only one left to look at when it is not among the sockets.
	setenv("SSH_CLIENT", "10.77.0.9 50000 2222", 1);
	const auto unseen = details(net.find());
	unsetenv("SSH_CLIENT");
	BOOST_TEST(std::count(unseen.begin(), unseen.end(), "SSH session from 10.77.0.9:50000 (this one) on veth77r") == 1);
	BOOST_TEST(unseen.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_port_that_a_server_listens_on_is_seen) {
	const Network net;
	const Connection session(net.far, net.here, net.cable.right().address, 2022);
	BOOST_TEST(net.find().peers.empty());
	char name[16] = {};
	BOOST_REQUIRE(prctl(PR_GET_NAME, name) == 0);
	BOOST_REQUIRE(prctl(PR_SET_NAME, "sshd") == 0);
	const auto found = details(net.find());
	prctl(PR_SET_NAME, name);
	BOOST_TEST(found == (Lines{"SSH session from 10.77.0.1:" + session.client_port + " on veth77r"}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_arrives_at_a_monitored_interface_counts) {
	const Network net;
	const NetworkNamespace beyond;
	const VethPair second(beyond, net.here, {.subnet = 78});
	const Connection one(net.far, net.here, net.cable.right().address, 22);
	const Connection two(beyond, net.here, second.right().address, 2200);
	setenv("SSH_CLIENT", ("10.78.0.1 " + two.client_port + " 2200").c_str(), 1);
	const auto at_first = details(net.find());
	const auto at_both = details(net.find({"veth77r", "veth78r"}));
	unsetenv("SSH_CLIENT");
	const std::string first = "SSH session from 10.77.0.1:" + one.client_port + " on veth77r";
	BOOST_TEST(at_first == (Lines{first}), boost::test_tools::per_element());
	BOOST_TEST(at_both == (Lines{first, "SSH session from 10.78.0.1:" + two.client_port + " (this one) on veth78r"}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_comes_by_way_of_a_bridge_arrives_at_its_port) {
	const Network net;
	const std::string port = net.cable.right().interface;
	net.here.ip({"link", "add", "br0", "type", "bridge"});
	net.here.ip({"address", "flush", "dev", port});
	net.here.ip({"link", "set", port, "master", "br0"});
	net.here.ip({"link", "set", "br0", "up"});
	net.here.ip({"address", "add", "10.77.0.2/24", "dev", "br0"});
	const Connection session(net.far, net.here, "10.77.0.2", 22);
	BOOST_TEST(details(net.find({port})) == (Lines{"SSH session from 10.77.0.1:" + session.client_port + " on " + port}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gateways_of_both_families_are_found) {
	const Network net;
	const std::string interface = net.cable.right().interface;
	net.here.ip({"route", "add", "default", "via", "10.77.0.1"});
	net.here.ip({"route", "add", "default", "via", "10.77.0.254", "metric", "100"});
	net.here.ip({"-6", "route", "add", "default", "via", "fe80::1", "dev", interface});
	net.here.ip({"route", "add", "198.51.100.0/24", "via", "10.77.0.99"});
	net.here.ip({"route", "add", "unreachable", "default", "metric", "9999"});
	BOOST_TEST(details(net.find()) == (Lines{"default gateway 10.77.0.1 on veth77r", "default gateway 10.77.0.254 on veth77r",
	                                         "default gateway fe80::1 on veth77r"}),
	           boost::test_tools::per_element());
	BOOST_TEST(net.find({"lo"}).peers.empty());
}

BOOST_AUTO_TEST_CASE(gateways_of_a_multipath_route_are_found_each_on_its_link) {
	const Network net;
	const NetworkNamespace beyond;
	const VethPair second(beyond, net.here, {.subnet = 78});
	net.here.ip({"route", "add", "default", "nexthop", "via", "10.77.0.1", "nexthop", "via", "10.78.0.1"});
	BOOST_TEST(details(net.find({"veth78r"})) == (Lines{"default gateway 10.78.0.1 on veth78r"}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(dns_servers_are_found) {
	Network net;
	net.here.ip({"route", "add", "default", "via", "10.77.0.1"});
	net.files.write("resolv.conf", "nameserver 192.0.2.53\nnameserver fd77::53\nnameserver 127.0.0.1\nnameserver x\n");
	const Peers found = net.find();
	BOOST_TEST(details(found) == (Lines{"DNS server 192.0.2.53 on veth77r", "DNS server fd77::53 on veth77r",
	                                    "default gateway 10.77.0.1 on veth77r"}),
	           boost::test_tools::per_element());
	BOOST_TEST(any_note(found, "\"x\" is no address of a DNS server"));
}

BOOST_AUTO_TEST_CASE(what_is_behind_the_stub_of_systemd_is_found) {
	Network net;
	net.files.write("resolv.conf", "nameserver 127.0.0.53\noptions edns0\n");
	BOOST_TEST(any_note(net.find(), "cannot find DNS servers: " + (net.files / "behind").string() + ": No such file"));
	net.files.write("behind", "nameserver fe80::53%veth77r\n");
	BOOST_TEST(details(net.find()) == (Lines{"DNS server fe80::53 on veth77r"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_found_out_is_a_note) {
	Network net;
	BOOST_TEST(any_note(net.find(), "names only this host as DNS server"));
	net.files.write("resolv.conf", "");
	BOOST_TEST(any_note(net.find(), "names no DNS server"));
	net.resolver.resolv_conf = net.files.path(); // a directory
	BOOST_TEST(any_note(net.find(), "Is a directory"));
	net.resolver.resolv_conf = net.files / "none";
	BOOST_TEST(any_note(net.find(), "No such file or directory"));
}

BOOST_AUTO_TEST_SUITE_END()
