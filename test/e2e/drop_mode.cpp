// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What gets past the filter, counted behind it.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <sstream>
#include <system_error>

using namespace tmon::test;
namespace json = boost::json;
namespace packet = tmon::packet;

namespace {

// Where traffic-gen's hosts are.
const std::vector<std::string> permitted = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"};

// The `action` of each line, all of which must be the same.
void check_actions(const std::filesystem::path& log, const std::string& action, uint64_t lines) {
	std::istringstream text(read_file(log));
	uint64_t right = 0, wrong = 0;
	for (std::string line; std::getline(text, line);)
		++(json::parse(line).at("action") == json::value(action) ? right : wrong);
	BOOST_TEST(right == lines);
	BOOST_TEST(wrong == 0u);
}

Monitor start(const Wire& wire, const std::string& xdp_mode, bool drop, const std::filesystem::path& log) {
	MonitorOptions options{.interfaces = {wire.interface()},
	                       .config = config_with({plugin("logger-json", "log", {{"file", log.string()}})}),
	                       .arguments = {"--xdp-mode", xdp_mode}};
	if (drop)
		options.arguments.push_back("--drop-packets");
	return Monitor(wire.watched, options);
}

void check_mode(const std::string& xdp_mode, bool drop) {
	const Wire wire;
	const TempDir logs;
	FrameCounter behind(wire.watched, wire.interface(), permitted);
	Monitor monitor = start(wire, xdp_mode, drop, logs / "log");
	BOOST_TEST(monitor.errors().find("attached to " + wire.interface() + " in " + xdp_mode + " mode\n") !=
	           std::string::npos);
	// Neither an address nor a protocol that the filter could judge.
	const std::vector<packet::Bytes> unfiltered = {packet::Ethernet{} / packet::Arp{},
	                                               packet::Ethernet{.type = 0x88cc} / packet::Payload(40)};
	wire.send(unfiltered);
	const Sent sent = wire.send({"--scenario", "mixed", "--count", "40000", "--rate", "80000"});
	const uint64_t expected = unfiltered.size() + (drop ? sent.permitted : sent.packets);
	const FrameCounts counts = behind.wait_for(expected);
	const Ended ended = monitor.stop();

	BOOST_TEST(ended.status == 0);
	BOOST_TEST(counts.lost == 0u);
	BOOST_TEST(counts.total == expected);
	BOOST_TEST(counts.not_ip == unfiltered.size());
	BOOST_TEST(counts.other == (drop ? 0u : sent.denied));
	BOOST_TEST(counts.by_prefix[0] + counts.by_prefix[1] + counts.by_prefix[2] + counts.by_prefix[3] ==
	           sent.permitted);
	if (!drop) {
		BOOST_TEST(counts.ipv4 == sent.ipv4);
		BOOST_TEST(counts.ipv6 == sent.ipv6);
	}
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == sent.denied);
	BOOST_TEST(figure(ended.stats, "/dropped") == (drop ? sent.denied : 0u));
	BOOST_TEST(figure(ended.stats, "/passed_unfiltered") == unfiltered.size());
	check_actions(logs / "log", drop ? "DROP" : "LOG", sent.denied);
}

// A datagram socket for both families; stays in the namespace in which it was made.
class Datagrams {
public:
	static constexpr uint16_t port = 9000;

	explicit Datagrams(const NetworkNamespace& where) {
		const NetworkNamespace::Inside inside(where);
		fd_ = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		const int off = 0;
		sockaddr_in6 any{};
		any.sin6_family = AF_INET6;
		any.sin6_port = htons(port);
		const timeval patience{1, 500'000};
		if (fd_ < 0 || setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
		    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
		    bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
			throw std::system_error(errno, std::generic_category(), "datagram socket");
	}
	~Datagrams() { close(fd_); }
	Datagrams(const Datagrams&) = delete;
	Datagrams& operator=(const Datagrams&) = delete;

	void send(const sockaddr_in6& to) const {
		BOOST_TEST(sendto(fd_, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1);
	}
	// Who has sent one; nothing when none has come for a while.
	std::optional<sockaddr_in6> receive() const {
		char text[8];
		sockaddr_in6 from{};
		socklen_t size = sizeof from;
		if (recvfrom(fd_, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size) != 1)
			return std::nullopt;
		return from;
	}

private:
	int fd_ = -1;
};

// Whether a datagram gets there, and the answer back.
bool ask(const Datagrams& from, const Datagrams& to, const std::string& address) {
	sockaddr_in6 target{};
	target.sin6_family = AF_INET6;
	target.sin6_port = htons(Datagrams::port);
	const std::string mapped = address.find(':') == std::string::npos ? "::ffff:" + address : address;
	BOOST_TEST(inet_pton(AF_INET6, mapped.c_str(), &target.sin6_addr) == 1);
	from.send(target);
	const auto asker = to.receive();
	if (!asker)
		return false;
	to.send(*asker);
	return from.receive().has_value();
}

void forget_neighbours(const NetworkNamespace& where, const VethPair::End& end) {
	for (const char* family : {"-4", "-6"})
		where.ip({family, "neigh", "flush", "dev", end.interface});
}

} // namespace

BOOST_AUTO_TEST_SUITE(drop_mode, *needs_root())

BOOST_AUTO_TEST_CASE(native_drops_exactly_the_denied) { check_mode("native", true); }
BOOST_AUTO_TEST_CASE(generic_drops_exactly_the_denied) { check_mode("generic", true); }
BOOST_AUTO_TEST_CASE(native_without_dropping_passes_all) { check_mode("native", false); }
BOOST_AUTO_TEST_CASE(generic_without_dropping_passes_all) { check_mode("generic", false); }

BOOST_AUTO_TEST_CASE(permitted_neighbours_find_each_other) {
	const Wire wire{VethOptions{}};
	const TempDir logs;
	Monitor monitor = start(wire, "native", true, logs / "log");
	const auto& sender = wire.cable.left();
	const auto& watched = wire.cable.right();
	const Datagrams left(wire.sender), right(wire.watched);
	// Each side asks first once, so that requests and answers both have to pass.
	for (const bool from_left : {true, false}) {
		forget_neighbours(wire.sender, sender);
		forget_neighbours(wire.watched, watched);
		const auto& target = from_left ? watched : sender;
		for (const std::string& address : {target.address, target.address6})
			BOOST_TEST(ask(from_left ? left : right, from_left ? right : left, address), address);
	}
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
	const std::string verdicts = "/interfaces/" + wire.interface() + "/verdicts/";
	BOOST_TEST(figure(ended.stats, verdicts + "unfiltered_arp/none/packets") > 0u);
}

// Who is denied still learns where we are, for we do not judge what carries no IP; but gets nothing further.
BOOST_AUTO_TEST_CASE(a_denied_neighbour_is_answered_and_dropped) {
	const Wire wire{VethOptions{}};
	const TempDir logs;
	const auto& sender = wire.cable.left();
	const auto& watched = wire.cable.right();
	wire.sender.ip({"address", "add", "203.0.113.7/24", "dev", sender.interface});
	wire.watched.ip({"address", "add", "203.0.113.1/24", "dev", watched.interface});
	wire.sender.ip({"address", "add", "2001:db8::7/64", "dev", sender.interface, "nodad"});
	wire.watched.ip({"address", "add", "2001:db8::1/64", "dev", watched.interface, "nodad"});
	Monitor monitor = start(wire, "native", true, logs / "log");
	forget_neighbours(wire.sender, sender);
	forget_neighbours(wire.watched, watched);
	const Datagrams left(wire.sender), right(wire.watched);
	BOOST_TEST(!ask(left, right, "203.0.113.1"));
	BOOST_TEST(!ask(left, right, "2001:db8::1"));
	for (const char* address : {"203.0.113.1", "2001:db8::1"})
		BOOST_TEST(wire.sender.ip({"neigh", "show", address}).find(watched.mac) != std::string::npos);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == figure(ended.stats, "/denied"));
	BOOST_TEST(figure(ended.stats, "/dropped") >= 2u);
	const std::string log = read_file(logs / "log");
	BOOST_TEST(log.find("\"203.0.113.7\"") != std::string::npos);
	BOOST_TEST(log.find("\"2001:db8::7\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
