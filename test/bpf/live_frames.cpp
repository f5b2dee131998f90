// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Live frames over a cable, counted and compared where the filter would be.
#define BOOST_TEST_MODULE bpf_live_frames
#include "traffic-gen/live_frames.hpp"

#include "test/support/network_namespace.hpp"
#include "test/support/privileged.hpp"
#include "test/support/process.hpp"
#include "traffic-gen/interface.hpp"
#include "traffic-gen/scenario.hpp"
#include "traffic-gen/transmit.hpp"
#include "traffic-gen/xdp_features.hpp"

#include "frame_store.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/uio.h>

#include <algorithm>
#include <memory>
#include <vector>

using namespace tmon;
using namespace tmon::test;

namespace tmon {

static std::ostream& operator<<(std::ostream& out, ScenarioName name) { return out << to_string(name); }

} // namespace tmon

namespace {

struct DestroySkeleton {
	void operator()(frame_store* skeleton) const { frame_store::destroy(skeleton); }
};

// Two namespaces and a cable; at its right end a program that counts.
struct Bed {
	NetworkNamespace left, right;
	VethPair cable;
	std::unique_ptr<frame_store, DestroySkeleton> store{frame_store::open_and_load()};

	explicit Bed(const VethOptions& options = {.silent_left = true}) : cable(left, right, options) {
		BOOST_REQUIRE(store);
		right.sysctl("net.ipv6.conf." + cable.right().interface + ".disable_ipv6", "1");
	}

	void attach(uint32_t mode) const {
		const NetworkNamespace::Inside inside(right);
		const auto index = static_cast<int>(if_nametoindex(cable.right().interface.c_str()));
		BOOST_REQUIRE(bpf_xdp_attach(index, bpf_program__fd(store->progs.store), mode, nullptr) == 0);
	}

	const std::string& interface() const { return cable.left().interface; }
	uint64_t arrived() const { return std::atomic_ref(store->bss->arrived).load(); }

	std::vector<packet::Bytes> kept() const {
		std::vector<packet::Bytes> frames;
		packet::Bytes value(bpf_map__value_size(store->maps.kept));
		for (uint32_t i = 0; i < std::min<uint64_t>(arrived(), bpf_map__max_entries(store->maps.kept)); ++i) {
			BOOST_REQUIRE(
			    bpf_map__lookup_elem(store->maps.kept, &i, sizeof i, value.data(), value.size(), 0) == 0);
			uint64_t length;
			std::memcpy(&length, value.data(), sizeof length);
			frames.emplace_back(value.begin() + 8, value.begin() + 8 + static_cast<std::ptrdiff_t>(length));
		}
		return frames;
	}
};

struct Result {
	Outcome outcome;
	uint64_t refused = 0;
};

Result send(const Bed& bed, const ScenarioOptions& options, const Bounds& bounds) {
	const NetworkNamespace::Inside inside(bed.left);
	const auto scenario = make_scenario(options);
	LiveFrames live(bed.interface(), options.mtu + 14);
	Result result{.outcome = transmit(*scenario, live, bounds)};
	result.refused = live.refused();
	return result;
}

std::vector<packet::Bytes> frames_of(const ScenarioOptions& options, std::size_t count) {
	const auto scenario = make_scenario(options);
	std::vector<packet::Bytes> frames(count);
	for (packet::Bytes& frame : frames)
		scenario->next(frame);
	return frames;
}

std::string why_unavailable(const Bed& bed, const std::string& interface, uint32_t frame_size = 1514) {
	const NetworkNamespace::Inside inside(bed.left);
	try {
		const LiveFrames live(interface, frame_size);
	} catch (const LiveFramesUnavailable& error) {
		return error.what();
	}
	return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(live_frames_, *needs_root())

BOOST_DATA_TEST_CASE(every_frame_arrives_as_it_was_made, boost::unit_test::data::make(all_scenarios)) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const ScenarioOptions options{.name = sample, .seed = 3};
	constexpr std::size_t count = 5000;
	const Result result = send(bed, options, {.count = count});
	BOOST_TEST((result.outcome.end == End::complete));
	BOOST_TEST(result.outcome.tally.packets == count);
	BOOST_TEST(bed.arrived() + result.refused == count);
	BOOST_REQUIRE(result.refused == 0u);
	std::vector<packet::Bytes> expected = frames_of(options, count), got = bed.kept();
	// A cable has a queue for each core, and the kernel may move the sender to another one.
	std::sort(expected.begin(), expected.end());
	std::sort(got.begin(), got.end());
	BOOST_TEST((got == expected));
}

BOOST_AUTO_TEST_CASE(the_ring_goes_round_many_times) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const Result result = send(bed, {.name = ScenarioName::mixed}, {.count = 300'000});
	BOOST_TEST(result.outcome.tally.packets == 300'000u);
	BOOST_TEST(bed.arrived() + result.refused == 300'000u);
	BOOST_TEST(result.refused == 0u);
}

BOOST_AUTO_TEST_CASE(frames_that_come_one_by_one_leave_at_once) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const NetworkNamespace::Inside inside(bed.left);
	LiveFrames live(bed.interface(), 1514);
	const auto frames = frames_of({}, 20);
	for (std::size_t i = 0; i < frames.size(); ++i) {
		const iovec vector{const_cast<uint8_t*>(frames[i].data()), frames[i].size()};
		BOOST_TEST(live.send({&vector, 1}) == 1u);
		BOOST_TEST(eventually([&] { return bed.arrived() == i + 1; }));
	}
	live.finish();
	BOOST_TEST((bed.kept() == frames));
}

BOOST_AUTO_TEST_CASE(a_rate_and_a_stop_are_kept_to) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const Result slow = send(bed, {}, {.count = 3001, .rate = 30'000});
	BOOST_TEST(slow.outcome.seconds >= 0.1);
	BOOST_TEST(bed.arrived() == 3001u);
	const Result limited = send(bed, {}, {.count = UINT64_MAX, .timeout = std::chrono::milliseconds(200)});
	BOOST_TEST((limited.outcome.end == End::timed_out));
	BOOST_TEST(bed.arrived() + limited.refused == 3001 + limited.outcome.tally.packets);
}

BOOST_AUTO_TEST_CASE(large_frames_up_to_what_a_page_holds) {
	const Bed bed({.mtu = LiveFrames::largest_frame - 14, .silent_left = true});
	bed.attach(XDP_FLAGS_DRV_MODE);
	const ScenarioOptions options{.mtu = LiveFrames::largest_frame - 14};
	const Result result = send(bed, options, {.count = 2000});
	BOOST_TEST(bed.arrived() + result.refused == 2000u);
	BOOST_REQUIRE(result.refused == 0u);
	std::vector<packet::Bytes> expected = frames_of(options, 2000), got = bed.kept();
	BOOST_TEST(std::max_element(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
		           return a.size() < b.size();
	           })->size() > 3300u);
	std::sort(expected.begin(), expected.end());
	std::sort(got.begin(), got.end());
	BOOST_TEST((got == expected));
}

BOOST_AUTO_TEST_CASE(what_the_driver_refuses_is_counted) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const NetworkNamespace::Inside inside(bed.left);
	LiveFrames live(bed.interface(), 1514);
	bed.left.ip({"link", "set", bed.interface(), "down"});
	const auto frames = frames_of({}, 300);
	for (const packet::Bytes& frame : frames) {
		const iovec vector{const_cast<uint8_t*>(frame.data()), frame.size()};
		BOOST_TEST(live.send({&vector, 1}) == 1u);
	}
	live.finish();
	BOOST_TEST(live.refused() == 300u);
	BOOST_TEST(live.refusal() == "Network is down");
	BOOST_TEST(bed.arrived() == 0u);
}

BOOST_AUTO_TEST_CASE(says_why_it_is_not_possible) {
	const Bed bed;
	BOOST_TEST(why_unavailable(bed, bed.interface())
	               .find(bed.interface() + " does not send redirected frames; a veth does") == 0u);
	bed.attach(XDP_FLAGS_SKB_MODE);
	BOOST_TEST(why_unavailable(bed, bed.interface()).find("does not send redirected frames") != std::string::npos);
	BOOST_TEST(why_unavailable(bed, "lo").find("lo does not send redirected frames") == 0u);
	BOOST_TEST(why_unavailable(bed, bed.interface(), LiveFrames::largest_frame + 1).find("--mtu") !=
	           std::string::npos);
	const NetworkNamespace::Inside inside(bed.left);
	BOOST_CHECK_THROW(LiveFrames("nope", 1514), OutputError);
	bed.left.ip({"link", "set", bed.interface(), "down"});
	BOOST_CHECK_EXCEPTION(LiveFrames(bed.interface(), 1514), OutputError, [](const OutputError& error) {
		return std::string(error.what()).find(" is down: ip link set ") != std::string::npos;
	});
}

BOOST_AUTO_TEST_CASE(a_program_at_the_peer_is_enough) {
	const Bed bed;
	const NetworkNamespace::Inside inside(bed.left);
	const unsigned index = if_nametoindex(bed.interface().c_str());
	BOOST_TEST(!redirect_support(bed.interface(), index).accepted);
	bed.attach(XDP_FLAGS_DRV_MODE);
	BOOST_TEST(redirect_support(bed.interface(), index).accepted);
}

BOOST_AUTO_TEST_CASE(frames_of_odd_sizes_are_refused_with_their_size) {
	const Bed bed;
	bed.attach(XDP_FLAGS_DRV_MODE);
	const NetworkNamespace::Inside inside(bed.left);
	LiveFrames live(bed.interface(), 1514);
	for (const std::size_t size : {13u, 1519u, 4000u}) {
		packet::Bytes frame(size);
		const iovec vector{frame.data(), frame.size()};
		BOOST_CHECK_EXCEPTION(live.send({&vector, 1}), OutputError, [&](const OutputError& error) {
			return std::string(error.what()).find(std::to_string(size) + " bytes") != std::string::npos;
		});
	}
}

BOOST_AUTO_TEST_SUITE_END()
