// SPDX-License-Identifier: MIT OR Apache-2.0
//
// From the start to each way in which it can end: what is attached, what runs, and what is said.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <set>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;
namespace packet = tmon::packet;

namespace {

MonitorOptions everything(const Wire& wire, const TempDir& logs) {
	return {.interfaces = {wire.interface()},
	        .config =
	            config_with({plugin("console", "console"), plugin("threats", "threats"), plugin("alerts", "alerts"),
	                         plugin("logger-json", "log", {{"file", (logs / "log").string()}})})};
}

// Once the host has ended, before it is waited for: that would end what it has left behind.
void check_nothing_is_left(const Wire& wire, const Monitor& monitor, const std::map<std::string, pid_t>& runners) {
	BOOST_TEST(eventually([&] { return !process_runs(monitor.pid()); }));
	const auto start = std::chrono::steady_clock::now();
	BOOST_TEST(eventually([&] { return xdp_program(wire.watched, wire.interface()) == 0; }, 1s));
	for (const auto& [name, pid] : runners)
		BOOST_TEST(eventually([&, runner = pid] { return !process_runs(runner); }, 1s), name << " is left");
	BOOST_TEST((std::chrono::steady_clock::now() - start < 1s));
}

void check_end_by(int number, bool to_all) {
	const Wire wire;
	const TempDir logs;
	Monitor monitor(wire.watched, everything(wire, logs));
	const auto runners = monitor.runners();
	BOOST_TEST(runners.size() == 4u);
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) != 0u);
	const Sent sent = wire.send({"--scenario", "port-scan", "--count", "20000", "--scan-every", "2"});
	if (to_all)
		monitor.signal_all(number);
	else
		monitor.signal(number);
	check_nothing_is_left(wire, monitor, runners);
	const Ended ended = monitor.wait();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/seen") == sent.packets);
	for (const char* name : {"console", "threats", "log"})
		BOOST_TEST(figure(ended.stats, std::string("/plugins/") + name + "/delivered") == sent.denied, name);
	BOOST_TEST(says(ended.output, "port_scan closed 203.0.113.7"));
	BOOST_TEST(says(ended.errors, "stopping\n"));
	BOOST_TEST(!says(ended.errors, "error:"), ended.errors);
}

// The line that is printed at the end, made of the statistics.
std::string totals_line(const json::object& stats) {
	const auto total = [&](const char* key) { return std::to_string(figure(stats, std::string("/") + key)); };
	return "packets: seen " + total("seen") + " = permitted " + total("permitted") + " + denied " +
	       total("denied") + " + passed unfiltered " + total("passed_unfiltered") + "; dropped " +
	       total("dropped") + " of the denied; reported " + total("reported") + "\n";
}

// The kernel's trace buffer, without taking anything out of it: others may be reading too. tracefs is
// mounted for one command only.
std::string kernel_trace() {
	const TempDir mount;
	return run({"unshare", "-m", "sh", "-c", "mount -t tracefs tracefs \"$0\" && cat \"$0/trace\"",
	            mount.path().string()})
	    .output;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifecycle, *needs_root())

BOOST_AUTO_TEST_CASE(sigint_ends_it_in_order) { check_end_by(SIGINT, false); }
BOOST_AUTO_TEST_CASE(sigterm_ends_it_in_order) { check_end_by(SIGTERM, false); }
BOOST_AUTO_TEST_CASE(ctrl_c_ends_it_in_order) { check_end_by(SIGINT, true); }

BOOST_AUTO_TEST_CASE(sighup_reads_the_configuration_again_and_it_goes_on) {
	const Wire wire;
	const TempDir logs;
	Monitor monitor(wire.watched, everything(wire, logs));
	const auto runners = monitor.runners();
	const Sent first = wire.send({"--scenario", "mixed", "--count", "1000"});
	monitor.signal(SIGHUP);
	BOOST_TEST(eventually([&] { return says(monitor.errors(), "plugins reloaded: nothing has changed"); }));
	BOOST_TEST((monitor.runners() == runners));
	const Sent second = wire.send({"--scenario", "mixed", "--count", "1000"});
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/plugins/log/delivered") == first.denied + second.denied);
}

BOOST_AUTO_TEST_CASE(sigkill_leaves_nothing_attached_or_running) {
	const Wire wire;
	const TempDir logs;
	Monitor monitor(wire.watched, everything(wire, logs));
	auto runners = monitor.runners();
	BOOST_TEST(runners.size() == 4u);
	runners["the spawner"] = monitor.spawner();
	monitor.signal(SIGKILL);
	check_nothing_is_left(wire, monitor, runners);
	BOOST_TEST(monitor.wait().status == -SIGKILL);
}

BOOST_AUTO_TEST_CASE(traffic_all_the_while_balances) {
	const Wire wire;
	const TempDir logs;
	Monitor monitor(wire.watched, everything(wire, logs));
	Process flood({in_dist("bin/traffic-gen"), "-i", wire.cable.left().interface, "--dst-mac",
	               wire.cable.right().mac, "--scenario", "spoofed-flood", "--count", "100000000"},
	              {.network_namespace = wire.sender.name()});
	BOOST_TEST(eventually([&] { return monitor.output().size() > 100'000; }));
	const auto start = std::chrono::steady_clock::now();
	const Ended ended = monitor.stop();
	BOOST_TEST((std::chrono::steady_clock::now() - start < 4s));
	BOOST_TEST(flood.running());
	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
}

BOOST_AUTO_TEST_CASE(two_interfaces_are_counted_apart) {
	const Wire wire;
	const VethPair second(wire.sender, wire.watched, {.subnet = 78, .silent_left = true});
	const TempDir logs;
	MonitorOptions options = everything(wire, logs);
	options.interfaces.push_back(second.right().interface);
	Monitor monitor(wire.watched, options);
	for (const std::string& interface : options.interfaces)
		BOOST_TEST(xdp_program(wire.watched, interface) != 0u);
	const Sent sent = wire.send({"--scenario", "mixed", "--count", "3000"});
	const Finished other = run({in_dist("bin/traffic-gen"), "-i", second.left().interface, "--dst-mac",
	                            second.right().mac, "--scenario", "spoofed-flood", "--count", "700", "--ip", "4"},
	                           {.network_namespace = wire.sender.name()});
	BOOST_TEST(other.status == 0);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	const std::string first_own = "/interfaces/" + wire.interface(),
	                  second_own = "/interfaces/" + second.right().interface;
	BOOST_TEST(figure(ended.stats, first_own + "/seen") == sent.packets);
	BOOST_TEST(figure(ended.stats, first_own + "/denied_by_reason/not_permitted") == sent.denied);
	BOOST_TEST(figure(ended.stats, second_own + "/seen") == 700u);
	BOOST_TEST(figure(ended.stats, second_own + "/verdicts/logged/ipv4/packets") == 700u);
	BOOST_TEST(figure(ended.stats, "/denied") == sent.denied + 700);
	const std::string log = read_file(logs / "log");
	BOOST_TEST(says(log, "\"interface\":\"" + wire.interface() + "\""));
	BOOST_TEST(says(log, "\"interface\":\"" + second.right().interface + "\""));
}

BOOST_AUTO_TEST_CASE(an_interface_that_goes_is_named_once_and_makes_the_run_a_failure) {
	const Wire wire;
	for (const bool with_ticks : {true, false}) {
		wire.watched.ip({"link", "add", "short-lived", "type", "veth", "peer", "name", "other-end"});
		wire.watched.ip({"link", "set", "short-lived", "up"});
		Monitor monitor(wire.watched, {.interfaces = {wire.interface(), "short-lived"},
		                               .config = config_with({plugin(test_plugin("tally"), "tally")}),
		                               .stats = {"--stats-interval", with_ticks ? "100ms" : "60s"}});
		wire.watched.ip({"link", "delete", "short-lived"});
		const std::string gone = "error: interface short-lived is gone";
		if (with_ticks)
			BOOST_TEST(eventually([&] { return says(monitor.errors(), gone); }), monitor.errors());
		const Ended ended = monitor.stop();
		BOOST_TEST(ended.status == 1);
		const std::size_t first = ended.errors.find(gone);
		BOOST_TEST((first != std::string::npos && ended.errors.find(gone, first + 1) == std::string::npos), ended.errors);
		BOOST_TEST(!says(ended.errors, wire.interface() + " is gone"), ended.errors);
		check_accounts(ended.stats);
	}
}

BOOST_AUTO_TEST_CASE(a_program_of_somebody_else_stays) {
	const Wire wire;
	const VethPair second(wire.sender, wire.watched, {.subnet = 78, .silent_left = true});
	const TempDir files;
	const std::string config = files.write("config.json", json::serialize(config_with({}))).string();
	for (const char* mode : {"native", "generic"}) {
		BOOST_TEST_CONTEXT("the other in " << mode << " mode") {
			Monitor other(wire.watched, {.interfaces = {wire.interface()},
			                             .config = config_with({}),
			                             .arguments = {"--xdp-mode", mode}});
			const uint32_t program = xdp_program(wire.watched, wire.interface());
			BOOST_TEST(program != 0u);
			for (const char* own_mode : {"auto", "native", "generic"}) {
				// The one that could be attached goes again.
				const Finished finished =
				    run_monitor(wire.watched, {"-i", second.right().interface, "-i", wire.interface(),
				                               "-c", config, "--xdp-mode", own_mode});
				BOOST_TEST(finished.status == 4);
				BOOST_TEST(says(finished.errors, "cannot attach to " + wire.interface()));
				BOOST_TEST(
				    says(finished.errors, "program " + std::to_string(program) +
				                              " (xdp_filter) is attached already and is not replaced"),
				    finished.errors);
				BOOST_TEST(xdp_program(wire.watched, wire.interface()) == program);
				BOOST_TEST(xdp_program(wire.watched, second.right().interface) == 0u);
			}
			wire.send({"--scenario", "spoofed-flood", "--count", "10"});
			const Ended ended = other.stop();
			BOOST_TEST(ended.status == 0);
			BOOST_TEST(figure(ended.stats, "/denied") == 10u);
		}
	}
}

BOOST_AUTO_TEST_CASE(loopback_is_watched_in_generic_mode_and_it_says_why) {
	const NetworkNamespace alone;
	Monitor monitor(alone, {.interfaces = {"lo"}, .config = config_with({})});
	BOOST_TEST(says(monitor.errors(),
	                "attached to lo in generic mode; native mode is not available: the driver has no "
	                "native XDP\n"),
	           monitor.errors());
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_CASE(the_statistics_file_is_whole_at_every_moment) {
	const Wire wire;
	const TempDir logs;
	MonitorOptions options = everything(wire, logs);
	options.stats = {"--stats-interval", "200ms"};
	Monitor monitor(wire.watched, options);
	Process flood({in_dist("bin/traffic-gen"), "-i", wire.cable.left().interface, "--dst-mac",
	               wire.cable.right().mac, "--scenario", "mixed", "--count", "40000", "--rate", "20000"},
	              {.network_namespace = wire.sender.name()});
	std::set<uint64_t> seen;
	const auto end = std::chrono::steady_clock::now() + 2500ms;
	while (std::chrono::steady_clock::now() < end) {
		boost::system::error_code error;
		const json::value value = json::parse(read_file(monitor.stats_file()), error);
		BOOST_REQUIRE(!error);
		const auto& stats = value.as_object();
		seen.insert(figure(stats, "/seen"));
		// While it flows a count may be ahead of the next by the packets under way.
		BOOST_REQUIRE(figure(stats, "/reported") <= figure(stats, "/denied"));
	}
	BOOST_TEST(seen.size() >= 5u);
	BOOST_TEST(flood.wait(10s).value_or(-1) == 0);
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/seen") == 40000u);
	BOOST_TEST(says(ended.errors, totals_line(ended.stats)), ended.errors);
	BOOST_TEST(!std::filesystem::exists(monitor.stats_file().string() + ".partial"));
	// At each interval a summary.
	BOOST_TEST(says(ended.output, "=== Summary"));
}

BOOST_AUTO_TEST_CASE(each_verdict_is_traced) {
	const Wire wire;
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_with({}),
	                               .arguments = {"--bpf-trace", "--drop-packets"}});
	// Addresses that no other run has, for the trace is common to all.
	const auto pid = static_cast<unsigned>(monitor.pid());
	const std::string tail = std::to_string(pid >> 8 & 255) + "." + std::to_string(pid & 255);
	const std::string permitted = "10.201." + tail, denied = "203.0." + tail;
	// As the kernel prints it.
	const std::string denied6 = "2001:0db8:0000:0000:0000:0000:0000:" + std::to_string(pid % 9000 + 1000);
	const std::vector<packet::Bytes> frames = {
	    packet::Ethernet{} / packet::IPv4{.src = packet::Ipv4Address(permitted)} / packet::UDP{},
	    packet::Ethernet{} / packet::IPv4{.src = packet::Ipv4Address(denied)} / packet::TCP{},
	    packet::Ethernet{} / packet::IPv6{.src = packet::Ipv6Address(denied6)} / packet::UDP{}};
	wire.send(frames);
	const std::string prefix = "traffic-monitor: ";
	std::string trace;
	const auto complete = [&] {
		trace = kernel_trace();
		return says(trace, permitted + " proto 17") && says(trace, denied + " proto 6") &&
		       says(trace, denied6 + " proto 17");
	};
	BOOST_TEST(eventually(complete, 5s));
	const auto line_of = [&](const std::string& address) {
		const std::size_t at = trace.find(" src " + address + " ");
		const std::size_t start = at == std::string::npos ? 0 : trace.rfind('\n', at) + 1;
		return trace.substr(start, trace.find('\n', start) - start);
	};
	BOOST_TEST(says(line_of(permitted), prefix + "permitted if "), line_of(permitted));
	BOOST_TEST(says(line_of(denied), prefix + "denied, dropped if "), line_of(denied));
	BOOST_TEST(says(line_of(denied6), prefix + "denied, dropped if "), line_of(denied6));
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	BOOST_TEST(says(ended.errors, "trace_pipe"));
}

BOOST_AUTO_TEST_CASE(nobody_reads_what_it_writes) {
	const Wire wire;
	for (const char* isolation : {"process", "thread"}) {
		BOOST_TEST_CONTEXT(isolation) {
			// Its output is a pipe whose reader has gone.
			Monitor monitor(wire.watched,
			                {.interfaces = {wire.interface()},
			                 .config = config_with({plugin("console", "console", {}, isolation),
			                                        plugin(test_plugin("tally"), "tally")}),
			                 .wrapper = {"bash", "-c", "exec \"$@\" > >(exec true)", "bash"}});
			const Sent sent = wire.send({"--scenario", "spoofed-flood", "--count", "500"});
			const Ended ended = monitor.stop();
			BOOST_TEST(ended.status == 0);
			if (ended.status != 0)
				continue;
			check_accounts(ended.stats);
			BOOST_TEST(figure(ended.stats, "/plugins/tally/delivered") == sent.denied);
			BOOST_TEST(figure(ended.stats, "/plugins/console/failed") == sent.denied);
			BOOST_TEST(says(ended.errors, "cannot write standard output: Broken pipe"));
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
