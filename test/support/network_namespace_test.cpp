// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/network_namespace.hpp"

#include "test/support/frame_counter.hpp"
#include "test/support/process.hpp"
#include "traffic-gen/packet_socket.hpp"
#include "traffic-gen/output_error.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

#include <unistd.h>

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
	boost::test_tools::assertion_result result(can_make_namespaces());
	result.message() << "needs root";
	return result;
}

bool is_there(const std::string& name) { return std::filesystem::exists("/run/netns/" + name); }

} // namespace

BOOST_AUTO_TEST_SUITE(network, *boost::unit_test::precondition(as_root))

BOOST_AUTO_TEST_CASE(namespaces_come_and_go) {
	std::string name;
	{
		const NetworkNamespace one;
		const NetworkNamespace two;
		name = one.name();
		BOOST_TEST(name != two.name());
		BOOST_TEST(is_there(name));
		const std::string mine = std::filesystem::read_symlink("/proc/thread-self/ns/net").string();
		{
			const NetworkNamespace::Inside inside(one);
			BOOST_TEST(std::filesystem::read_symlink("/proc/thread-self/ns/net").string() != mine);
		}
		BOOST_TEST(std::filesystem::read_symlink("/proc/thread-self/ns/net").string() == mine);
	}
	BOOST_TEST(!is_there(name));
	BOOST_CHECK_THROW(NetworkNamespace().ip({"link", "show", "nope"}), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(removed_after_an_exception) {
	std::string name;
	try {
		const NetworkNamespace space;
		name = space.name();
		throw 1;
	} catch (int) {
	}
	BOOST_TEST(!is_there(name));
}

BOOST_AUTO_TEST_CASE(both_ends_answer_at_once) {
	const NetworkNamespace left, right;
	const VethPair pair(left, right);
	BOOST_TEST(pair.left().address == "10.77.0.1");
	BOOST_TEST(pair.right().address6 == "fd77::2");
	const std::string addresses = left.ip({"address", "show", "dev", pair.left().interface});
	BOOST_TEST(addresses.find("10.77.0.1/24") != std::string::npos);
	BOOST_TEST(addresses.find("fd77::1/64") != std::string::npos);
	BOOST_TEST(addresses.find(pair.left().mac) != std::string::npos);
	BOOST_TEST(addresses.find("tentative") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(programs_run_inside) {
	const NetworkNamespace space;
	space.ip({"link", "add", "here0", "type", "veth", "peer", "name", "there0"});
	const Finished finished = run({"ls", "/sys/class/net"}, {.network_namespace = space.name()});
	BOOST_TEST(finished.status == 0);
	BOOST_TEST(finished.output.find("here0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_silent_end_sends_what_it_is_told_and_nothing_else) {
	const NetworkNamespace left, right;
	const VethPair pair(left, right, {.subnet = 78, .silent_left = true});
	FrameCounter counter(right, pair.right().interface,
			     {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8", "2001:db8::/32"});
	const auto scenario = make_scenario({});
	std::optional<PacketSocket> socket;
	{
		const NetworkNamespace::Inside inside(left);
		socket.emplace(pair.left().interface, true);
	}
	const Outcome outcome = transmit(*scenario, *socket, {.count = 20000});
	BOOST_TEST(outcome.tally.packets == 20000u);
	counter.wait_for(20000);
	std::this_thread::sleep_for(50ms); // for what should not come
	const FrameCounts counts = counter.counts();
	BOOST_TEST(counts.total == 20000u);
	BOOST_TEST(counts.lost == 0u);
	BOOST_TEST(counts.not_ip == 0u);
	BOOST_TEST(counts.ipv4 == outcome.tally.ipv4);
	BOOST_TEST(counts.ipv6 == outcome.tally.ipv6);
	const auto& by = counts.by_prefix;
	BOOST_TEST(by[0] + by[1] + by[2] + by[3] == outcome.tally.permitted);
	BOOST_TEST(by[4] + counts.other == outcome.tally.denied);
	BOOST_TEST(by[4] > 0u);
}

BOOST_AUTO_TEST_CASE(interfaces_that_cannot_send_are_named) {
	const NetworkNamespace space;
	space.ip({"link", "add", "down0", "type", "veth", "peer", "name", "peer0"});
	space.ip({"link", "set", "peer0", "up"});
	const NetworkNamespace::Inside inside(space);
	const auto says = [](const std::string& text) {
		return [text](const OutputError& error) {
			return std::string(error.what()).find(text) != std::string::npos;
		};
	};
	BOOST_CHECK_EXCEPTION(PacketSocket("nope", true), OutputError, says(" down0"));
	PacketSocket socket("down0", true);
	const auto scenario = make_scenario({});
	BOOST_CHECK_EXCEPTION(transmit(*scenario, socket, {}), OutputError, says("down0 is down"));
	space.ip({"link", "set", "down0", "up", "mtu", "1280"});
	BOOST_CHECK_EXCEPTION(transmit(*scenario, socket, {}), OutputError, says("--mtu"));
	space.ip({"link", "delete", "down0"});
	BOOST_CHECK_THROW(transmit(*scenario, socket, {}), OutputError);
}

BOOST_AUTO_TEST_SUITE_END()
