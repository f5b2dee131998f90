// SPDX-License-Identifier: MIT OR Apache-2.0
//
// --pin: what is attached stays when the run ends, however it ends, and the next one takes it over.
#include "host/filter/pins.hpp"
#include "host/filter/xdp_links.hpp"
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>

#include <chrono>

using namespace tmon;
using namespace tmon::test;
using namespace tmon::packet;
using namespace std::chrono_literals;

namespace {

// A cable whose right end is monitored; what is left pinned is removed.
struct Bed {
	Wire wire;
	FrameCounter behind{wire.watched, wire.interface(), {"10.0.0.0/8", "203.0.113.0/24"}};
	FrameSender sender{wire};
	uint64_t sent_permitted = 0, sent_denied = 0;

	~Bed() {
		const NetworkNamespace::Inside inside(wire.watched);
		for (const std::string& interface : pinned_interfaces(pin_root()))
			PinFolder(pin_root(), interface).remove_all();
	}

	MonitorOptions options(std::vector<std::string> arguments) const {
		return {.interfaces = {wire.interface()},
		        .config = config_with({}),
		        .arguments = std::move(arguments),
		        .own_mounts = false};
	}
	Monitor start(std::vector<std::string> arguments) const { return Monitor(wire.watched, options(std::move(arguments))); }

	// As many of each.
	void send(uint64_t count) {
		std::vector<Bytes> frames;
		for (uint64_t i = 0; i < count; ++i) {
			frames.push_back(Ethernet{} / IPv4{.src = "10.1.1.1"} / UDP{});
			frames.push_back(Ethernet{} / IPv4{.src = "203.0.113.7"} / UDP{});
		}
		sender.send(frames);
		sent_permitted += count;
		sent_denied += count;
	}
	// Permitted ones come behind those that may be dropped: when they are here, the others are or never will be.
	uint64_t denied_that_came() {
		const FrameCounts counts = eventually([&] { return behind.counts().by_prefix[0] == sent_permitted; })
		                               ? behind.counts()
		                               : FrameCounts{};
		BOOST_REQUIRE(counts.by_prefix.size() == 2u);
		return counts.by_prefix[1];
	}
	uint32_t program() const { return xdp_program(wire.watched, wire.interface()); }

	Finished command(std::vector<std::string> words) const {
		words.insert(words.begin(), {"nsenter", "--net=/run/netns/" + wire.watched.name(), in_dist("bin/traffic-monitor")});
		return run(std::move(words));
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(pin, *needs_root())

BOOST_AUTO_TEST_CASE(a_killed_run_goes_on_dropping_and_the_next_takes_over_without_a_gap) {
	Bed bed;
	uint32_t first_program;
	{
		Monitor first = bed.start({"--pin", "--drop-packets"});
		first_program = bed.program();
		bed.send(10);
		BOOST_TEST(bed.denied_that_came() == 0u);
		first.signal(SIGKILL);
		first.wait();
	}
	BOOST_TEST(bed.program() == first_program);
	bed.send(10); // nobody is there
	BOOST_TEST(bed.denied_that_came() == 0u);
	{
		Monitor second = bed.start({"--pin", "--drop-packets"});
		BOOST_TEST(says(second.errors(), "taken over what an earlier run had pinned"));
		BOOST_TEST(bed.program() != first_program);
		bed.send(10);
		BOOST_TEST(bed.denied_that_came() == 0u);
		const Ended ended = second.stop();
		BOOST_TEST(ended.status == 0, ended.errors);
		BOOST_TEST(says(ended.errors, "pinned: packets are judged as before"));
		// Counted from the first packet of the first run.
		BOOST_TEST(figure(ended.stats, "/seen") == 60u);
		BOOST_TEST(figure(ended.stats, "/dropped") == 30u);
		BOOST_TEST(figure(ended.stats, "/reported") == 30u);
	}
	BOOST_TEST(bed.program() != 0u);
	bed.send(10);
	BOOST_TEST(bed.denied_that_came() == 0u);
	const Finished detached = bed.command({"detach", "-i", bed.wire.interface()});
	BOOST_TEST(detached.status == 0, detached.errors);
	BOOST_TEST(bed.program() == 0u);
	bed.send(10);
	BOOST_TEST(bed.denied_that_came() == 10u);
}

BOOST_AUTO_TEST_CASE(another_policy_can_take_over) {
	Bed bed;
	bed.start({"--pin", "--drop-packets"}).stop();
	bed.send(5);
	BOOST_TEST(bed.denied_that_came() == 0u);
	Monitor next = bed.start({"--pin"});
	bed.send(5);
	BOOST_TEST(bed.denied_that_came() == 5u);
	next.stop();
	bed.send(5);
	BOOST_TEST(bed.denied_that_came() == 10u);
}

BOOST_AUTO_TEST_CASE(unconfirmed_dropping_ends_though_the_run_was_killed) {
	Bed bed;
	{
		Monitor monitor = bed.start({"--pin", "--drop-packets", "--confirm", "5s"});
		bed.send(1);
		BOOST_TEST(bed.denied_that_came() == 0u);
		monitor.signal(SIGKILL);
		monitor.wait();
	}
	const auto passes = [&] {
		const uint64_t before = bed.denied_that_came();
		bed.send(1);
		return bed.denied_that_came() > before;
	};
	BOOST_TEST(!passes());
	BOOST_TEST(eventually(passes, 8s));
	// Whoever takes over without --confirm drops for good.
	Monitor next = bed.start({"--pin", "--drop-packets"});
	BOOST_TEST(!passes());
	next.stop();
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_and_goes_on) {
	Bed bed;
	bed.start({"--pin", "--drop-packets"}).stop();
	const uint32_t program = bed.program();
	const auto refused = [&](std::vector<std::string> words, const std::string& reason) {
		const TempDir files;
		const auto config = files.write("c.json", R"({"permitted_cidrs": ["10.0.0.0/8"], "plugins": []})");
		words.insert(words.begin(), {"-i", bed.wire.interface(), "-c", config.string()});
		const Finished ended = bed.command(words);
		BOOST_TEST(ended.status == 4, ended.errors);
		BOOST_TEST(says(ended.errors, reason), ended.errors);
		BOOST_TEST(says(ended.errors, "traffic-monitor detach"), ended.errors);
	};
	refused({}, "is attached already and is not replaced");
	refused({"--pin", "--ring-size", "1M"}, "another ring.size");
	refused({"--pin", "-i", "lo"}, "nothing is pinned on lo");
	BOOST_TEST(bed.program() == program);
	bed.send(5);
	BOOST_TEST(bed.denied_that_came() == 0u);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_alive_is_not_taken_over) {
	Bed bed;
	Monitor monitor = bed.start({"--pin", "--drop-packets"});
	const TempDir files;
	const auto config = files.write("c.json", R"({"permitted_cidrs": ["10.0.0.0/8"], "plugins": []})");
	const Finished second = bed.command({"--pin", "-i", bed.wire.interface(), "-c", config.string()});
	BOOST_TEST(second.status == 4);
	BOOST_TEST(says(second.errors, "(process " + std::to_string(monitor.pid()) + ") monitors " + bed.wire.interface() + " already"),
	           second.errors);
	bed.send(5);
	BOOST_TEST(bed.denied_that_came() == 0u);
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
