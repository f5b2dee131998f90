// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How long a policy of a million prefixes takes from the parsed list to the last interface that judges by it, while packets
// arrive: tables built, maps filled and read back, programs loaded, links updated. Beside it what the kernel's own LPM_TRIE
// takes to be filled with the same prefixes, which is only a part of that.
#include "bench/prefix_sets.hpp"
#include "host/filter/capabilities.hpp"
#include "host/filter/xdp_filter.hpp"
#include "test/support/network_namespace.hpp"
#include "traffic-gen/live_frames.hpp"
#include "traffic-gen/transmit.hpp"

#include <bpf/bpf.h>
#include <net/if.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;
using Clock = std::chrono::steady_clock;

constexpr double kGoalMs = 250;
constexpr uint64_t kRate = 100'000; // packets a second that arrive meanwhile

double milliseconds_since(Clock::time_point start) {
	return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
	std::sort(values.begin(), values.end());
	const std::size_t n = values.size();
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

struct Set {
	const char* text;
	uint8_t family;
	std::vector<PolicyEntry> (*make)(std::size_t, bench::Generator&);
	std::vector<double> swaps{}, tries{};
};

// Frames for as long as it lives.
class Traffic {
public:
	Traffic(const NetworkNamespace& from, const std::string& interface)
	    : thread_([this, &from, interface] {
		      const NetworkNamespace::Inside inside(from);
		      LiveFrames sink(interface, 1514);
		      while (!stop_) {
			      const auto made = make_scenario({.name = ScenarioName::mixed});
			      sent_ += transmit(*made, sink, {.count = kRate / 10, .rate = kRate}).tally.packets;
		      }
	      }) {}
	~Traffic() {
		stop_ = true;
		thread_.join();
	}
	uint64_t sent() const { return sent_; }

private:
	std::atomic<bool> stop_{false};
	std::atomic<uint64_t> sent_{0};
	std::thread thread_;
};

// The time to fill a trie of the kernel, element by element, as its interface is.
double fill_trie(const Set& set, const std::vector<PolicyEntry>& entries) {
	const auto start = Clock::now();
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	const std::size_t octets = set.family == 4 ? 4 : 16;
	const Fd map(bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "trie", static_cast<__u32>(4 + octets), 4,
	                            static_cast<__u32>(entries.size()), &options));
	unsigned char key[20];
	const uint32_t value = 1;
	for (const PolicyEntry& entry : entries) {
		const uint32_t length = entry.prefix.length;
		std::memcpy(key, &length, sizeof length);
		std::memcpy(key + 4, entry.prefix.address.data(), octets);
		if (bpf_map_update_elem(map.get(), key, &value, BPF_ANY) != 0)
			throw std::runtime_error("cannot fill the trie");
	}
	return milliseconds_since(start);
}

} // namespace

// policy_swap [ROUNDS [PREFIXES]]
int main(int argc, char** argv) {
	const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
	const std::size_t prefixes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
	const NetworkNamespace left, right;
	const VethPair cable(left, right, {.silent_left = true});
	const NetworkNamespace::Inside inside(right);
	FilterOptions options;
	options.interfaces = {{if_nametoindex(cable.right().interface.c_str()), cable.right().interface}};
	XdpFilter filter(options);
	filter.attach(XdpMode::native);

	Set sets[] = {{"IPv4, half /32", 4, bench::half_hosts_v4},
	              {"IPv4, routing-shaped", 4, bench::routing_v4},
	              {"IPv6, /32-/64 and /128", 6, bench::mixed_v6},
	              {"IPv6, routing-shaped", 6, bench::routing_v6}};
	std::vector<Rules> rules;
	for (const Set& set : sets) {
		bench::Generator random(7);
		rules.push_back({{set.make(prefixes, random), {}}, true, false, false});
	}
	uint64_t seen = 0, sent = 0;
	{
		const Traffic traffic(left, cable.left().interface);
		for (int round = 0; round < rounds; ++round) {
			for (std::size_t i = 0; i < std::size(sets); ++i) {
				const auto start = Clock::now();
				filter.exchange(filter.prepare(rules[i]));
				sets[i].swaps.push_back(milliseconds_since(start));
				if (round % 3 == 0)
					sets[i].tries.push_back(fill_trie(sets[i], rules[i].policy.entries));
			}
		}
		sent = traffic.sent();
		seen = filter.counters(0).seen;
	}
	std::printf("policy_swap: %d interleaved rounds of %zu prefixes; %llu packets arrived meanwhile\n", rounds, prefixes,
	            static_cast<unsigned long long>(seen));
	std::printf("  %-26s %10s %10s %10s %22s\n", "from list to last link", "min ms", "median ms", "max ms", "LPM_TRIE filled, ms");
	for (const Set& set : sets) {
		const auto [low, high] = std::minmax_element(set.swaps.begin(), set.swaps.end());
		std::printf("  %-26s %10.1f %10.1f %10.1f %22.1f\n", set.text, *low, median(set.swaps), *high, median(set.tries));
	}
	std::printf("ratios of medians\n");
	for (const Set& set : sets) {
		const double swap = median(set.swaps);
		std::printf("  %s: LPM_TRIE filled / policy in force %8.2f\n", set.text, median(set.tries) / swap);
		std::printf("  %s: policy in force, ms %8.2f  (goal <= %.2f: %s)\n", set.text, swap, kGoalMs,
		            swap <= kGoalMs ? "reached" : "MISSED");
	}
	return seen > 0 && sent > 0 ? 0 : 1;
}
