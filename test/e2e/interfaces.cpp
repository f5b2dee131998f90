// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Interfaces that go and come back, that somebody else uses, and that are not like others.
#include "host/filter/xdp_links.hpp"
#include "test/e2e/recorder.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"
#include "test/support/xdp_program.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <bpf/libbpf.h>
#include <net/if.h>

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;
namespace packet = tmon::packet;

namespace {

constexpr const char* kDenied = "203.0.113.9";
constexpr const char* kPermitted = "10.9.9.9";

// Its `state` and `ifindex`, as the run sees it.
json::object standing(const Monitor& monitor, const std::string& interface) {
	const json::object status = monitor.ask({"status"});
	for (const json::value& each : status.at("interfaces").as_array())
		if (each.at("name") == json::value(interface))
			return each.as_object();
	throw std::runtime_error("no interface " + interface + " in the status");
}

// How often `part` is in `text`.
std::size_t count_in(const std::string& text, const std::string& part) {
	std::size_t count = 0;
	for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
		++count;
	return count;
}

void check_refused(const Wire& wire, const std::string& mode, const std::string& reason) {
	const TempDir files;
	const std::string config = files.write("config.json", json::serialize(config_with({}))).string();
	const Finished finished = run_monitor(
	    wire.watched, {"-i", wire.interface(), "-c", config, "--xdp-mode", mode, "--set", "control.socket=null"});
	BOOST_TEST(finished.status == 4, finished.errors);
	BOOST_TEST(says(finished.errors, "cannot attach to " + wire.interface()), finished.errors);
	BOOST_TEST(says(finished.errors, reason), finished.errors);
}

} // namespace

BOOST_AUTO_TEST_SUITE(interfaces, *needs_root())

BOOST_AUTO_TEST_CASE(one_that_comes_back_is_watched_again_by_the_present_policy) {
	const Wire wire;
	const VethPair other(wire.sender, wire.watched, {.subnet = 78, .silent_left = true});
	const TempDir logs;
	json::object config = config_with({plugin("logger-json", "log", {{"file", (logs / "log").string()}})});
	config["drop_packets"] = true;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface(), other.right().interface}, .config = config});
	const uint64_t other_index = standing(monitor, other.right().interface).at("ifindex").to_number<uint64_t>();
	std::map<uint64_t, int> indices;
	constexpr uint64_t rounds = 3;
	for (uint64_t round = 0; round < rounds; ++round) {
		wire.send(frames_from(kDenied, 10));
		BOOST_TEST(
		    eventually([&] { return figure(monitor.ask({"stats"}), "/totals/dropped") == 10 * (round + 1); }));
		++indices[standing(monitor, wire.interface()).at("ifindex").to_number<uint64_t>()];
		wire.sender.ip({"link", "delete", wire.cable.left().interface});
		// Once it comes back before anybody can have looked, the other times after a while.
		if (round > 0) {
			const auto gone = [&] { return standing(monitor, wire.interface()).at("state") == "gone"; };
			BOOST_TEST(eventually(gone), monitor.errors());
			config["denied_cidrs"] = json::array{"10.20" + std::to_string(round) + ".0.0/16"};
			monitor.reload(config, "policy " + std::to_string(round + 1) + " is in force");
		}
		const VethPair again(wire.sender, wire.watched, {.silent_left = true});
		BOOST_TEST(eventually([&] { return xdp_program(wire.watched, wire.interface()) != 0; }, 1s),
		           monitor.errors());
		BOOST_TEST(eventually([&] { return standing(monitor, wire.interface()).at("state") == "attached"; }));
		BOOST_TEST(standing(monitor, other.right().interface).at("ifindex").to_number<uint64_t>() ==
		           other_index);
	}
	// Permitted by the first policy, not by the last.
	FrameCounter behind(wire.watched, wire.interface());
	wire.send(frames_from("10.202.0.1", 10));
	wire.send(frames_from("10.201.0.1", 10));
	BOOST_TEST(behind.wait_for(10).total == 10u);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/interfaces/" + wire.interface() + "/verdicts/dropped/ipv4/packets") ==
	           10 * rounds + 10);
	BOOST_TEST(figure(ended.stats, "/dropped") == 10 * rounds + 10);
	BOOST_TEST(indices.size() == rounds);
	BOOST_TEST(count_in(read_file(logs / "log"), "\"interface\":\"" + wire.interface() + "\"") == 10 * rounds + 10);
	const std::string name = "interface " + wire.interface();
	BOOST_TEST(count_in(ended.errors,
	                    "error: " + name +
	                        " is gone: its packets are neither seen nor dropped until it is back\n") == rounds);
	BOOST_TEST(count_in(ended.errors, "warning: " + name + " is back and watched again; what arrived within ") ==
	           rounds);
	BOOST_TEST(!says(ended.errors, "interface " + other.right().interface + " is"), ended.errors);
}

BOOST_AUTO_TEST_CASE(one_that_comes_back_with_the_program_of_somebody_else_is_not_taken_from_them) {
	const Wire wire;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()}, .config = config_with({})});
	monitor.signal(SIGSTOP);
	wire.sender.ip({"link", "delete", wire.cable.left().interface});
	const VethPair again(wire.sender, wire.watched, {.silent_left = true});
	const tmon::Fd theirs = load_passing_program("somebodys");
	{
		const NetworkNamespace::Inside inside(wire.watched);
		const tmon::Fd link = attach_by_link(theirs.get(), if_nametoindex(wire.interface().c_str()));
		monitor.signal(SIGCONT);
		const std::string refused = "is back, but cannot attach to " + wire.interface() +
		                            " (native mode): program " + std::to_string(program_id(theirs.get())) +
		                            " (somebodys) is attached already";
		BOOST_TEST(eventually([&] { return says(monitor.errors(), refused); }), monitor.errors());
		BOOST_TEST(xdp_program(wire.watched, wire.interface()) == program_id(theirs.get()));
		// It is tried again, and said once.
		std::this_thread::sleep_for(1200ms);
		BOOST_TEST(count_in(monitor.errors(), refused) == 1u);
	}
	// It has left.
	BOOST_TEST(eventually([&] { return says(monitor.errors(), "is back and watched again"); }), monitor.errors());
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) != 0u);
	wire.send(frames_from(kDenied, 10));
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == 10u);
}

BOOST_AUTO_TEST_CASE(one_that_is_renamed_stays_watched) {
	const Wire wire;
	Monitor monitor(wire.watched,
	                {.interfaces = {wire.interface()}, .config = config_with({}), .arguments = {"--drop-packets"}});
	wire.watched.ip({"link", "set", wire.interface(), "down"});
	wire.watched.ip({"link", "set", wire.interface(), "name", "renamed0", "up"});
	const std::string said = "interface " + wire.interface() + " has got another name or network namespace";
	BOOST_TEST(eventually([&] { return says(monitor.errors(), said); }), monitor.errors());
	BOOST_TEST(standing(monitor, wire.interface()).at("state") == "attached");
	const auto is_up = [&] { return says(wire.watched.ip({"-o", "link", "show", "renamed0"}), "state UP"); };
	BOOST_TEST(eventually(is_up));
	wire.send(frames_from(kDenied, 10));
	BOOST_TEST(eventually([&] { return figure(monitor.ask({"stats"}), "/totals/dropped") == 10; }),
	           monitor.errors());
	// Gone it is whatever its name was then.
	wire.sender.ip({"link", "delete", wire.cable.left().interface});
	BOOST_TEST(eventually([&] { return says(monitor.errors(), "interface " + wire.interface() + " is gone"); }));
	BOOST_TEST(monitor.stop().status == 1);
}

BOOST_AUTO_TEST_CASE(one_that_somebody_has_detached_the_filter_from_is_attached_again) {
	const Wire wire;
	const NetworkNamespace::Inside inside(wire.watched);
	Monitor monitor(
	    wire.watched,
	    {.interfaces = {wire.interface()}, .config = config_with({}), .stats = {"--stats-interval", "500ms"}});
	const auto before = tmon::find_xdp_link(if_nametoindex(wire.interface().c_str()));
	BOOST_REQUIRE(before.has_value());
	const tmon::Fd link(bpf_link_get_fd_by_id(before->id));
	BOOST_REQUIRE(bpf_link_detach(link.get()) == 0);
	const auto back = [&] {
		return says(monitor.errors(), "interface " + wire.interface() + " is back and watched again");
	};
	BOOST_TEST(eventually(back), monitor.errors());
	BOOST_TEST(
	    says(monitor.errors(), "error: interface " + wire.interface() + ": somebody has detached the filter\n"));
	wire.send(frames_from(kDenied, 10));
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == 10u);
}

BOOST_AUTO_TEST_CASE(a_foreign_program_is_named_and_left_alone) {
	const Wire wire;
	const tmon::Fd theirs = load_passing_program("somebodys");
	const std::string reason = "program " + std::to_string(program_id(theirs.get())) +
	                           " (somebodys) is attached already and is not replaced";
	std::optional<NetworkNamespace::Inside> inside(std::in_place, wire.watched);
	const auto index = static_cast<int>(if_nametoindex(wire.interface().c_str()));
	for (const bool by_link : {true, false}) {
		tmon::Fd link;
		if (by_link)
			link = attach_by_link(theirs.get(), static_cast<uint32_t>(index));
		else
			BOOST_REQUIRE(bpf_xdp_attach(index, theirs.get(), XDP_FLAGS_DRV_MODE, nullptr) == 0);
		for (const char* mode : {"auto", "native", "generic"}) {
			BOOST_TEST_CONTEXT(mode << (by_link ? ", theirs by a link" : ", theirs by netlink")) {
				check_refused(wire, mode, reason);
				BOOST_TEST(xdp_program(wire.watched, wire.interface()) == program_id(theirs.get()));
			}
		}
	}
}

BOOST_AUTO_TEST_CASE(jumbo_frames_are_judged_in_native_mode) {
	const Wire wire({.mtu = 9000, .silent_left = true});
	const Recorder recorder;
	FrameCounter behind(wire.watched, wire.interface(), {"10.0.0.0/8", "fd00::/8"});
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({recorder.plugin()}),
	                               .arguments = {"--xdp-mode", "native", "--drop-packets"}});
	BOOST_TEST(says(monitor.errors(), "attached to " + wire.interface() + " in native mode\n"));
	constexpr std::size_t payload = 8000, size4 = 20 + 8 + payload, size6 = 40 + 8 + payload;
	const packet::Ethernet link{.dst = "02:00:00:00:00:99"};
	const std::vector<packet::Bytes> frames = {
	    link / packet::IPv4{.src = kPermitted} / packet::UDP{} / packet::Payload(payload),
	    link / packet::IPv4{.src = kDenied} / packet::UDP{} / packet::Payload(payload),
	    link / packet::IPv6{.src = "fd00::9"} / packet::UDP{} / packet::Payload(payload),
	    link / packet::IPv6{.src = "2001:db8::9"} / packet::UDP{} / packet::Payload(payload)};
	wire.send(frames);
	const FrameCounts counts = behind.wait_for(2);
	const Ended ended = monitor.stop();
	BOOST_TEST(counts.total == 2u);
	BOOST_TEST(counts.by_prefix[0] == 1u);
	BOOST_TEST(counts.by_prefix[1] == 1u);
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	const std::string verdicts = "/interfaces/" + wire.interface() + "/verdicts/";
	for (const std::string verdict : {"permitted", "dropped"}) {
		BOOST_TEST(figure(ended.stats, verdicts + verdict + "/ipv4/bytes") == 14 + size4);
		BOOST_TEST(figure(ended.stats, verdicts + verdict + "/ipv6/bytes") == 14 + size6);
	}
	const auto events = recorder.events();
	BOOST_REQUIRE(events.size() == 2u);
	for (const tmon_event& event : events) {
		BOOST_TEST(event.packet_size == (event.ip_version == 4 ? size4 : size6));
		BOOST_TEST(event.src_port == 40000u);
		BOOST_TEST(event.dst_port == 53u);
		BOOST_TEST(event.reason == TMON_REASON_NOT_PERMITTED);
	}
}

// What is read as an Ethernet header there would be the packet itself.
BOOST_AUTO_TEST_CASE(one_without_an_ethernet_header_is_refused) {
	const NetworkNamespace where;
	const TempDir files;
	const std::string config = files.write("config.json", json::serialize(config_with({}))).string();
	where.ip({"tuntap", "add", "dev", "tun0", "mode", "tun"});
	where.ip({"link", "set", "tun0", "up"});
	for (const char* mode : {"auto", "native", "generic"}) {
		const Finished finished = run_monitor(
		    where, {"-i", "tun0", "-c", config, "--xdp-mode", mode, "--set", "control.socket=null"});
		BOOST_TEST(finished.status == 4, finished.errors);
		BOOST_TEST(says(finished.errors, "cannot attach to tun0: its packets have no Ethernet header"),
		           finished.errors);
		BOOST_TEST(xdp_program(where, "tun0") == 0u);
	}
}

// A bridge has no driver that could do better.
BOOST_AUTO_TEST_CASE(where_there_is_no_native_mode_it_falls_back_and_says_so) {
	const Wire wire;
	wire.watched.ip({"link", "add", "bridge0", "address", "02:00:00:00:00:99", "type", "bridge"});
	wire.watched.ip({"link", "set", wire.interface(), "master", "bridge0"});
	wire.watched.ip({"link", "set", "bridge0", "up"});
	const TempDir files;
	const std::string config = files.write("config.json", json::serialize(config_with({}))).string();
	const Finished native = run_monitor(
	    wire.watched, {"-i", "bridge0", "-c", config, "--xdp-mode", "native", "--set", "control.socket=null"});
	BOOST_TEST(native.status == 4);
	BOOST_TEST(says(native.errors, "cannot attach to bridge0 (native mode): the driver has no native XDP"),
	           native.errors);

	FrameCounter behind(wire.watched, "bridge0", {"10.0.0.0/8"});
	Monitor monitor(wire.watched,
	                {.interfaces = {"bridge0"}, .config = config_with({}), .arguments = {"--drop-packets"}});
	BOOST_TEST(
	    says(monitor.errors(),
	         "attached to bridge0 in generic mode; native mode is not available: the driver has no native XDP\n"),
	    monitor.errors());
	BOOST_TEST(standing(monitor, "bridge0").at("mode") == "generic");
	// The port forwards as soon as the bridge has it so.
	const auto forwards = [&] {
		return says(run({"ip", "netns", "exec", wire.watched.name(), "bridge", "link"}).output,
		            "state forwarding");
	};
	BOOST_TEST(eventually(forwards, 20s));
	wire.send(frames_from(kDenied, 10));
	wire.send(frames_from(kPermitted, 10));
	BOOST_TEST(eventually([&] { return figure(monitor.ask({"stats"}), "/totals/dropped") == 10; }));
	BOOST_TEST(eventually([&] { return behind.counts().by_prefix[0] == 10; }));
	BOOST_TEST(behind.counts().other == 0u);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
}

BOOST_AUTO_TEST_SUITE_END()
