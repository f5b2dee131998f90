// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A long TCP session, as one by SSH is, through a filter that drops, while both sides keep forgetting where their neighbour is.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#ifndef SESSION_SECONDS
#error "SESSION_SECONDS says how long the session lasts"
#endif

using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

constexpr uint16_t kPort = 22;

sockaddr_in6 endpoint(const std::string& address) {
	sockaddr_in6 end{};
	end.sin6_family = AF_INET6;
	end.sin6_port = htons(kPort);
	const std::string text = address.find(':') == std::string::npos ? "::ffff:" + address : address;
	BOOST_REQUIRE(inet_pton(AF_INET6, text.c_str(), &end.sin6_addr) == 1);
	return end;
}

int tcp_socket(const NetworkNamespace& where) {
	const NetworkNamespace::Inside inside(where);
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	BOOST_REQUIRE(fd >= 0);
	return fd;
}

// The client's end of a connection to the watched host, whose end sends every byte back.
class Session {
public:
	Session(const Wire& wire, const std::string& address) : listening_(tcp_socket(wire.watched)), client_(tcp_socket(wire.sender)) {
		const sockaddr_in6 to = endpoint(address);
		const timeval patience{10, 0};
		setsockopt(client_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		setsockopt(client_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		BOOST_REQUIRE(bind(listening_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
		BOOST_REQUIRE(listen(listening_, 1) == 0);
		BOOST_REQUIRE(connect(client_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
		server_ = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
		BOOST_REQUIRE(server_ >= 0);
		echo_ = std::thread([fd = server_] {
			char bytes[4096];
			for (ssize_t count; (count = recv(fd, bytes, sizeof bytes, 0)) > 0;)
				send(fd, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
		});
	}
	~Session() {
		shutdown(server_, SHUT_RDWR);
		echo_.join();
		for (const int fd : {client_, server_, listening_})
			close(fd);
	}
	Session(const Session&) = delete;
	Session& operator=(const Session&) = delete;

	// Whether a line comes back as it was sent.
	bool echoes(const std::string& line) const {
		if (send(client_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
			return false;
		std::string back(line.size(), '\0');
		return recv(client_, back.data(), back.size(), MSG_WAITALL) == static_cast<ssize_t>(line.size()) && back == line;
	}

private:
	int listening_, client_, server_ = -1;
	std::thread echo_;
};

void forget_neighbours(const Wire& wire) {
	for (const char* family : {"-4", "-6"}) {
		wire.sender.ip({family, "neigh", "flush", "dev", wire.cable.left().interface});
		wire.watched.ip({family, "neigh", "flush", "dev", wire.cable.right().interface});
	}
}

} // namespace

BOOST_AUTO_TEST_SUITE(session, *needs_root())

BOOST_AUTO_TEST_CASE(sessions_of_both_families_last) {
	const Wire wire{VethOptions{}};
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({}),
	                               .arguments = {"--drop-packets", "--force"}});
	unsigned lines = 0, forgotten = 0, lost = 0;
	{
		const Session v4(wire, wire.cable.right().address), v6(wire, wire.cable.right().address6);
		const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(SESSION_SECONDS);
		auto next = std::chrono::steady_clock::now();
		while (lost == 0 && std::chrono::steady_clock::now() < end) {
			if (std::chrono::steady_clock::now() >= next) {
				forget_neighbours(wire);
				++forgotten;
				next += 1s;
			}
			++lines;
			const std::string line = "line " + std::to_string(lines) + std::string(lines % 2000, '.') + "\n";
			lost += !v4.echoes(line);
			lost += !v6.echoes(line);
			std::this_thread::sleep_for(10ms);
		}
	}
	BOOST_TEST(lost == 0u);
	BOOST_TEST(lines > 0u);
	BOOST_TEST(forgotten >= SESSION_SECONDS / 2u);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
	const std::string verdicts = "/interfaces/" + wire.interface() + "/verdicts/";
	BOOST_TEST(figure(ended.stats, verdicts + "permitted/ipv4/packets") >= lines);
	BOOST_TEST(figure(ended.stats, verdicts + "permitted/ipv6/packets") >= lines);
	// They did look for each other: after being forgotten at least now and then.
	BOOST_TEST(figure(ended.stats, verdicts + "unfiltered_arp/none/packets") >= SESSION_SECONDS / 2u);
}

BOOST_AUTO_TEST_SUITE_END()
