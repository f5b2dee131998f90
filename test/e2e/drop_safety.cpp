// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What keeps a host reachable whose filter is told to drop: a time limit, a look at who would be cut off, and a dry
// run.
#include "test/e2e/recorder.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* kDenied = "203.0.113.9";
constexpr const char* kPeer = "203.0.113.7"; // who speaks with the watched host
constexpr uint64_t kFrames = 10;

bool waits_for(const Monitor& monitor, const std::string& text) {
	return eventually([&] { return says(monitor.errors(), text); }, 15s);
}

// A run that drops, and what gets behind it from a source that is denied.
struct Dropping {
	Wire wire;
	FrameCounter behind{wire.watched, wire.interface()};
	Recorder recorder;
	json::object config = config_with({recorder.plugin()});
	Monitor monitor;
	uint64_t passed = 0;

	explicit Dropping(std::vector<std::string> arguments)
	    : monitor(wire.watched,
	              {.interfaces = {wire.interface()}, .config = config, .arguments = std::move(arguments)}) {}

	uint64_t passing() {
		const uint64_t seen = packets("seen"), dropped = packets("dropped");
		wire.send(frames_from(kDenied, kFrames));
		BOOST_TEST(eventually([&] { return packets("seen") == seen + kFrames; }));
		const uint64_t through = kFrames - (packets("dropped") - dropped);
		passed += through;
		BOOST_TEST(behind.wait_for(passed).total == passed);
		return through;
	}
	uint64_t packets(const std::string& what) const { return figure(monitor.ask({"status"}), "/packets/" + what); }
	json::object drop() const { return monitor.ask({"status"}).at("drop").as_object(); }
	std::string state() const { return std::string(drop().at("state").as_string()); }
};

// Two hosts on one cable, the watched one with a connection to its port 22 from kPeer.
class Connected {
public:
	Connected() : listening_(tcp_socket(wire.watched)), client_(tcp_socket(wire.sender)) {
		wire.sender.ip({"address", "add", std::string(kPeer) + "/24", "dev", wire.cable.left().interface});
		wire.watched.ip({"address", "add", "203.0.113.1/24", "dev", wire.interface()});
		sockaddr_in end{};
		end.sin_family = AF_INET;
		end.sin_port = htons(22);
		BOOST_REQUIRE(inet_pton(AF_INET, "203.0.113.1", &end.sin_addr) == 1);
		BOOST_REQUIRE(bind(listening_, reinterpret_cast<const sockaddr*>(&end), sizeof end) == 0);
		BOOST_REQUIRE(listen(listening_, 1) == 0);
		BOOST_REQUIRE(connect(client_, reinterpret_cast<const sockaddr*>(&end), sizeof end) == 0);
		server_ = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
		BOOST_REQUIRE(server_ >= 0);
	}
	~Connected() {
		for (const int fd : {client_, server_, listening_})
			close(fd);
	}
	Connected(const Connected&) = delete;
	Connected& operator=(const Connected&) = delete;

	// Whether a line gets to the client's end of the connection and back.
	bool speaks() const {
		char byte = 'x';
		const timeval patience{5, 0};
		setsockopt(server_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		return ::send(client_, &byte, 1, MSG_NOSIGNAL) == 1 && recv(server_, &byte, 1, 0) == 1;
	}

	Wire wire;

private:
	static int tcp_socket(const NetworkNamespace& where) {
		const NetworkNamespace::Inside inside(where);
		const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		BOOST_REQUIRE(fd >= 0);
		return fd;
	}

	int listening_, client_, server_ = -1;
};

// A start that must not succeed, in drop mode.
Finished refused_start(const Wire& wire, const json::object& config, const std::vector<std::string>& wrapper = {}) {
	const TempDir files;
	const std::string file = files.write("config.json", json::serialize(config)).string();
	Finished finished = run_monitor(
	    wire.watched, {"-i", wire.interface(), "-c", file, "--drop-packets", "--set", "control.socket=null"},
	    wrapper);
	BOOST_TEST(finished.status == 4, finished.errors);
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) == 0u);
	return finished;
}

const std::string kAdvice = std::string("add \"") + kPeer +
                            "/32\" to \"permitted_cidrs\" or \"never_drop\", or drop nevertheless with --force\n";

} // namespace

BOOST_AUTO_TEST_SUITE(drop_safety, *needs_root())

BOOST_AUTO_TEST_CASE(dropping_ends_unless_it_is_confirmed) {
	Dropping confirmed({"--drop-packets", "--confirm", "5s"}), stopped({"--drop-packets", "--confirm", "5s"}),
	    forgotten({"--drop-packets", "--confirm", "5s"});
	BOOST_TEST(says(forgotten.monitor.errors(),
	                "packets are dropped for 5 s unless it is confirmed: traffic-monitor ctl confirm\n"));
	for (Dropping* each : {&confirmed, &stopped, &forgotten}) {
		BOOST_TEST(each->passing() == 0u);
		BOOST_TEST(each->state() == "until_confirmed");
		const uint64_t left = figure(each->drop(), "/seconds_left");
		BOOST_TEST((left >= 1 && left <= 5), left);
	}
	BOOST_TEST(confirmed.monitor.ctl({"confirm"}).output == "packets are dropped for good\n");
	// It can do nothing at all when the time is over; the program in the kernel needs nobody.
	stopped.monitor.signal(SIGSTOP);
	uint64_t sent = 0;
	const auto passes = [&] {
		stopped.wire.send(frames_from(kDenied));
		return stopped.behind.wait_for(++sent, 20ms).total > 0;
	};
	BOOST_TEST(eventually(passes, 15s));
	stopped.monitor.signal(SIGCONT);

	BOOST_TEST(waits_for(forgotten.monitor, "nobody has confirmed in time: packets are only logged again"));
	BOOST_TEST(forgotten.passing() == kFrames);
	BOOST_TEST(forgotten.state() == "reverted");
	const Finished late = forgotten.monitor.ctl({"confirm"});
	BOOST_TEST(late.status == 1);
	BOOST_TEST(says(late.errors, "it is too late"), late.errors);
	BOOST_TEST(says(forgotten.monitor.ctl({"status"}).output, "log only: reverted, because nobody confirmed"));
	// It began first, so its time would be over as well.
	BOOST_TEST(confirmed.passing() == 0u);
	BOOST_TEST(confirmed.state() == "dropping");

	// Reading the configuration again begins anew, though nothing has changed in it.
	forgotten.monitor.reload(forgotten.config, "policy 2 is in force");
	BOOST_TEST(forgotten.passing() == 0u);
	BOOST_TEST(forgotten.monitor.ctl({"confirm"}).status == 0);
	BOOST_TEST(forgotten.state() == "dropping");
	for (Dropping* each : {&confirmed, &stopped, &forgotten}) {
		const Ended ended = each->monitor.stop();
		BOOST_TEST(ended.status == 0);
		check_accounts(ended.stats);
	}
}

BOOST_AUTO_TEST_CASE(who_is_logged_in_is_not_locked_out) {
	const Connected host;
	const Finished finished = refused_start(host.wire, config_with({}));
	BOOST_TEST(says(finished.errors, std::string("error: SSH session from ") + kPeer + ":"), finished.errors);
	BOOST_TEST(says(finished.errors, " on " + host.wire.interface() + " would be dropped: no prefix permits " +
	                                     kPeer + "; the session would freeze\n"),
	           finished.errors);
	BOOST_TEST(says(finished.errors, kAdvice), finished.errors);
	json::object denied = config_with({});
	denied["permitted_cidrs"].as_array().push_back("203.0.113.0/24");
	denied["denied_cidrs"] = json::array{json::object{{"cidr", "203.0.113.0/28"}, {"name", "the lab"}}};
	BOOST_TEST(says(refused_start(host.wire, denied).errors, "203.0.113.0/28 (the lab) at "));

	for (const char* list : {"permitted_cidrs", "never_drop"}) {
		json::object config = config_with({});
		config.emplace(list, json::array{});
		config[list].as_array().push_back(json::value(std::string(kPeer) + "/32"));
		Monitor monitor(
		    host.wire.watched,
		    {.interfaces = {host.wire.interface()}, .config = config, .arguments = {"--drop-packets"}});
		BOOST_TEST(host.speaks(), list);
		const Ended ended = monitor.stop();
		BOOST_TEST(ended.status == 0);
		BOOST_TEST(!says(ended.errors, "SSH session"), ended.errors);
		check_accounts(ended.stats);
		BOOST_TEST(figure(ended.stats, "/seen") > 0u);
		BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
	}
}

BOOST_AUTO_TEST_CASE(force_starts_all_the_same_and_says_who_is_cut_off) {
	const Connected host;
	Monitor monitor(host.wire.watched, {.interfaces = {host.wire.interface()},
	                                    .config = config_with({}),
	                                    .arguments = {"--drop-packets", "--force"}});
	BOOST_TEST(says(monitor.errors(), std::string("warning: SSH session from ") + kPeer), monitor.errors());
	BOOST_TEST(says(monitor.errors(), "warning: packets are dropped all the same: --force\n"), monitor.errors());
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_CASE(a_reload_does_not_lock_out_either) {
	const Connected host;
	json::object config = config_with({});
	Monitor monitor(host.wire.watched, {.interfaces = {host.wire.interface()}, .config = config});
	config["drop_packets"] = true;
	const std::string refused = monitor.reload(config, "everything goes on as it was");
	BOOST_TEST(says(refused, std::string("error: SSH session from ") + kPeer), refused);
	BOOST_TEST(says(refused, kAdvice), refused);
	BOOST_TEST(host.speaks());
	BOOST_TEST(figure(monitor.ask({"status"}), "/policy/generation") == 1u);
	config["never_drop"] = json::array{"203.0.113.0/24"};
	monitor.reload(config, "policy 2 is in force");
	BOOST_TEST(host.speaks());
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
}

BOOST_AUTO_TEST_CASE(gateways_and_name_servers_are_not_cut_off_either) {
	const Wire wire;
	wire.watched.ip({"address", "add", "203.0.113.1/24", "dev", wire.interface()});
	// The name servers of this machine are no concern of this test.
	const TempDir files;
	const auto with_servers = [&](const std::string& text) {
		const std::string file = files.write("resolv.conf", text).string();
		return std::vector<std::string>{
		    "unshare", "-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"", file};
	};
	wire.watched.ip({"route", "add", "default", "via", kPeer});
	const Finished gateway = refused_start(wire, config_with({}), with_servers("nameserver 10.0.0.53\n"));
	BOOST_TEST(says(gateway.errors, std::string("error: default gateway ") + kPeer + " on " + wire.interface()),
	           gateway.errors);
	BOOST_TEST(says(gateway.errors, kAdvice), gateway.errors);
	BOOST_TEST(!says(gateway.errors, "DNS server"), gateway.errors);
	wire.watched.ip({"route", "delete", "default"});
	const Finished server =
	    refused_start(wire, config_with({}), with_servers(std::string("nameserver ") + kPeer + "\n"));
	BOOST_TEST(says(server.errors, std::string("error: DNS server ") + kPeer + " on " + wire.interface()),
	           server.errors);
	BOOST_TEST(says(server.errors, "names could not be resolved"), server.errors);
	BOOST_TEST(says(server.errors, kAdvice), server.errors);
}

BOOST_AUTO_TEST_CASE(a_dry_run_drops_nothing_and_tells_what_it_would_drop) {
	Dropping test({"--drop-packets", "--dry-run"});
	BOOST_TEST(says(test.monitor.errors(), "what is not permitted is reported, and would be dropped (dry run)\n"));
	BOOST_TEST(test.passing() == kFrames);
	BOOST_TEST(test.drop().at("dry_run").as_bool());
	BOOST_TEST(says(test.monitor.ctl({"status"}).output, "(dry run: nothing is dropped)"));
	test.monitor.ask({"block", "10.9.9.9", "--ttl", "1h"});
	test.wire.send(frames_from("10.9.9.9", kFrames));
	test.wire.send(frames_from("10.9.9.10", kFrames));
	test.passed += 2 * kFrames;
	BOOST_TEST(test.behind.wait_for(test.passed).total == test.passed);
	const Ended ended = test.monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/dropped") == 0u);
	BOOST_TEST(figure(ended.stats, "/denied") == 2 * kFrames);
	BOOST_TEST(figure(ended.stats, "/would_drop") == 2 * kFrames);
	for (const char* verdict : {"dry_run", "blocked_dry_run"})
		BOOST_TEST(figure(ended.stats, "/interfaces/" + test.wire.interface() + "/verdicts/" + verdict + "/ipv4/packets") ==
		           kFrames);
	const auto events = test.recorder.events();
	BOOST_TEST(events.size() == 2 * kFrames);
	BOOST_TEST(std::all_of(events.begin(), events.end(), [](const tmon_event& event) {
		return event.action == TMON_ACTION_LOG && (event.flags & TMON_EVENT_DRY_RUN) != 0;
	}));
}

BOOST_AUTO_TEST_SUITE_END()
