// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How many packets a second traffic-gen makes and sends: XDP live frames against AF_PACKET, over a veth whose far end
// counts in XDP and drops, as a filter in front of a host does. The rounds are interleaved.
#include "test/support/network_namespace.hpp"
#include "traffic-gen/live_frames.hpp"
#include "traffic-gen/packet_socket.hpp"
#include "traffic-gen/transmit.hpp"

#include "traffic_counter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;
using Clock = std::chrono::steady_clock;

struct Row {
	const char* text;
	std::vector<double> values{};

	double median() const {
		std::vector<double> sorted = values;
		std::sort(sorted.begin(), sorted.end());
		const std::size_t n = sorted.size();
		return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
	}
	void print(const char* unit) const {
		const auto [low, high] = std::minmax_element(values.begin(), values.end());
		std::printf("  %-44s %8.2f    %8.2f    %8.2f  %s\n", text, *low, median(), *high, unit);
	}
};

struct DestroySkeleton {
	void operator()(traffic_counter* skeleton) const { traffic_counter::destroy(skeleton); }
};

// A cable with a counter at its far end.
class Bed {
public:
	Bed() : cable_(left_, right_, {.silent_left = true}), counter_(traffic_counter::open_and_load()) {
		const NetworkNamespace::Inside inside(right_);
		const auto index = static_cast<int>(if_nametoindex(cable_.right().interface.c_str()));
		if (!counter_ ||
		    bpf_xdp_attach(index, bpf_program__fd(counter_->progs.count), XDP_FLAGS_DRV_MODE, nullptr) != 0)
			throw std::runtime_error("attaching the counter");
	}

	const NetworkNamespace& sender() const { return left_; }
	const std::string& interface() const { return cable_.left().interface; }

	uint64_t arrived() const {
		std::vector<uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
		const uint32_t key = 0;
		bpf_map__lookup_elem(counter_->maps.arrived, &key, sizeof key, values.data(), values.size() * 8, 0);
		uint64_t sum = 0;
		for (const uint64_t value : values)
			sum += value;
		return sum;
	}

private:
	NetworkNamespace left_, right_;
	VethPair cable_;
	std::unique_ptr<traffic_counter, DestroySkeleton> counter_;
};

ScenarioOptions scenario(ScenarioName name) { return {.name = name}; }

// Millions of packets a second that the scenario makes.
double generated(ScenarioName name, uint64_t count) {
	const auto made = make_scenario(scenario(name));
	packet::Bytes frames;
	const auto start = Clock::now();
	for (uint64_t i = 0; i < count; ++i) {
		if (i % 64 == 0)
			frames.clear();
		made->next(frames);
	}
	return static_cast<double>(count) / std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Sent {
	double rate = 0; // millions a second that arrived
	double lost = 0; // percent
};

Sent sent(const Bed& bed, ScenarioName name, bool live, uint64_t count) {
	const NetworkNamespace::Inside inside(bed.sender());
	const auto made = make_scenario(scenario(name));
	std::unique_ptr<FrameSink> sink;
	if (live)
		sink = std::make_unique<LiveFrames>(bed.interface(), 1514);
	else
		sink = std::make_unique<PacketSocket>(bed.interface(), true);
	const uint64_t before = bed.arrived();
	const Outcome outcome = transmit(*made, *sink, {.count = count});
	const auto arrived = static_cast<double>(bed.arrived() - before);
	return {arrived / outcome.seconds / 1e6, 100 - 100 * arrived / static_cast<double>(count)};
}

} // namespace

// traffic_gen [ROUNDS [PACKETS]]
int main(int argc, char** argv) {
	const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
	const uint64_t packets = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 4'000'000;
	const Bed bed;
	Row made_flood{"spoofed-flood: generated"}, live_flood{"spoofed-flood: arrived, live frames"},
	    socket_flood{"spoofed-flood: arrived, AF_PACKET"}, lost{"spoofed-flood: lost, live frames"},
	    made_mixed{"mixed: generated"}, live_mixed{"mixed: arrived, live frames"},
	    socket_mixed{"mixed: arrived, AF_PACKET"};
	for (int round = 0; round < rounds; ++round) {
		made_flood.values.push_back(generated(ScenarioName::spoofed_flood, packets / 4));
		made_mixed.values.push_back(generated(ScenarioName::mixed, packets / 4));
		const Sent flood = sent(bed, ScenarioName::spoofed_flood, true, packets);
		live_flood.values.push_back(flood.rate);
		lost.values.push_back(flood.lost);
		socket_flood.values.push_back(sent(bed, ScenarioName::spoofed_flood, false, packets / 8).rate);
		live_mixed.values.push_back(sent(bed, ScenarioName::mixed, true, packets / 2).rate);
		socket_mixed.values.push_back(sent(bed, ScenarioName::mixed, false, packets / 8).rate);
	}
	std::printf("traffic_gen: %d interleaved rounds of %llu packets, all different\n", rounds,
	            static_cast<unsigned long long>(packets));
	std::printf("%55s %11s %11s\n", "min", "median", "max");
	for (const Row* row : {&made_flood, &live_flood, &socket_flood})
		row->print("Mpps");
	lost.print("%");
	for (const Row* row : {&made_mixed, &live_mixed, &socket_mixed})
		row->print("Mpps");
	std::printf("ratios of medians\n");
	const double reached = live_flood.median();
	std::printf("  %-56s %5.2f\n", "spoofed-flood, live frames / AF_PACKET", reached / socket_flood.median());
	std::printf("  %-56s %5.2f\n", "mixed, live frames / AF_PACKET", live_mixed.median() / socket_mixed.median());
	std::printf("  %-56s %5.2f  (goal >= 2.00 Mpps: %s)\n", "spoofed-flood, live frames, Mpps that arrived",
	            reached, reached >= 2 ? "reached" : "missed");
	return 0;
}
