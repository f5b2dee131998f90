// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What it costs to decide about a source: the project's prefix tables against the kernel's LPM_TRIE. The programs are the
// same but for the look-up, the sources are drawn inside the program from a million, half of them permitted; the
// runs are interleaved. Net: without what the same program costs that looks nothing up.
#include "bench_prefix_tables.skel.h"

#include "bench/prefix_sets.hpp"
#include "host/filter/capabilities.hpp"
#include "host/filter/table_maps.hpp"
#include "test/support/xdp_test_run.hpp"
#include "traffic-gen/packet.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace tmon;
using Clock = std::chrono::steady_clock;
using bench::Generator;
using bench::Octets;

constexpr std::size_t kSources = 1u << 20;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
	std::sort(values.begin(), values.end());
	const std::size_t n = values.size();
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

struct Row {
	const char* what;
	uint8_t family;
	std::vector<PolicyEntry> (*make)(std::size_t, Generator&);
	std::size_t prefixes;
	double goal;                        // net of LPM_TRIE / net of ours; 0: none
	double whole_packet_goal = 0;       // whole packet / whole packet at one prefix, at most; 0: none
	bool is_large() const { return prefixes >= 100'000; }
};

const Row kRows[] = {
    {"IPv4, 1 prefix", 4, bench::routing_v4, 1, 0},
    {"IPv4, 256, half /32", 4, bench::half_hosts_v4, 256, 6},
    {"IPv4, 10 000, half /32", 4, bench::half_hosts_v4, 10'000, 10},
    {"IPv4, 1 000 000, half /32", 4, bench::half_hosts_v4, 1'000'000, 15},
    {"IPv4, 1 000 000, routing-shaped", 4, bench::routing_v4, 1'000'000, 40, 2},
    {"IPv6, 1 prefix", 6, bench::routing_v6, 1, 0},
    {"IPv6, 256, /32-/64 and /128", 6, bench::mixed_v6, 256, 4},
    {"IPv6, 256, routing-shaped", 6, bench::routing_v6, 256, 4},
    {"IPv6, 10 000, /32-/64 and /128", 6, bench::mixed_v6, 10'000, 6},
    {"IPv6, 10 000, routing-shaped", 6, bench::routing_v6, 10'000, 6},
    {"IPv6, 1 000 000, /32-/64 and /128", 6, bench::mixed_v6, 1'000'000, 10},
    {"IPv6, 1 000 000, routing-shaped", 6, bench::routing_v6, 1'000'000, 10},
};

// The programs, loaded with one set of prefixes in both kinds of map.
class Loaded {
public:
	Loaded(const std::vector<PolicyEntry>& entries, const PrefixTable& table)
	    : family_(table.family), skeleton_(bench_prefix_tables__open(), bench_prefix_tables__destroy) {
		prepare_table_map(skeleton_->obj, table);
		bpf_map__set_max_entries(trie(), static_cast<uint32_t>(entries.size()));
		if (bench_prefix_tables__load(skeleton_.get()) != 0)
			throw std::runtime_error("cannot load the programs");
		fill_table_map(skeleton_->obj, table);
		fill_trie(entries);
		std::mt19937_64 random(99);
		fill_sources(entries, table, random);
	}

	int empty() const { return bpf_program__fd(skeleton_->progs.empty); }
	int parse() const { return bpf_program__fd(family_ == 4 ? skeleton_->progs.parse_v4 : skeleton_->progs.parse_v6); }
	int lpm() const { return bpf_program__fd(family_ == 4 ? skeleton_->progs.lpm_v4 : skeleton_->progs.lpm_v6); }
	int table() const { return bpf_program__fd(family_ == 4 ? skeleton_->progs.table_v4 : skeleton_->progs.table_v6); }

private:
	bpf_map* trie() const { return family_ == 4 ? skeleton_->maps.trie_v4 : skeleton_->maps.trie_v6; }

	void fill_trie(const std::vector<PolicyEntry>& entries) const {
		const std::size_t key_size = family_ == 4 ? 8 : 20;
		std::vector<unsigned char> keys(entries.size() * key_size);
		const std::vector<uint32_t> values(entries.size(), 1);
		for (std::size_t i = 0; i < entries.size(); ++i) {
			const uint32_t length = entries[i].prefix.length;
			std::memcpy(&keys[i * key_size], &length, sizeof length);
			std::memcpy(&keys[i * key_size + sizeof length], entries[i].prefix.address.data(), key_size - sizeof length);
		}
		auto count = static_cast<uint32_t>(entries.size());
		if (bpf_map_update_batch(bpf_map__fd(trie()), keys.data(), values.data(), &count, nullptr) != 0 || count != entries.size())
			throw std::runtime_error("cannot fill the trie");
	}

	// Both have to say the same about them.
	void fill_sources(const std::vector<PolicyEntry>& entries, const PrefixTable& table, Generator& random) const {
		const std::vector<Octets> drawn = bench::sources(entries, table, kSources, random);
		void* to = mmap(nullptr, kSources * sizeof(Octets), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(skeleton_->maps.sources), 0);
		if (to == MAP_FAILED)
			throw std::runtime_error("cannot map the sources");
		std::memcpy(to, drawn.data(), kSources * sizeof(Octets));
		munmap(to, kSources * sizeof(Octets));
		for (std::size_t i = 0; i < kSources; i += 100) {
			unsigned char key[20];
			const uint32_t length = family_ == 4 ? 32 : 128;
			uint32_t value = 0;
			std::memcpy(key, &length, sizeof length);
			std::memcpy(key + sizeof length, drawn[i].data(), 16);
			const bool in_trie = bpf_map_lookup_elem(bpf_map__fd(trie()), key, &value) == 0;
			if (in_trie != ((table.decide(drawn[i].data()) & TMON_DECISION_PERMITTED) != 0))
				throw std::runtime_error("trie and table do not say the same");
		}
	}

	uint8_t family_;
	std::unique_ptr<bench_prefix_tables, void (*)(bench_prefix_tables*)> skeleton_;
};

const packet::Bytes& frame(uint8_t family) {
	static const packet::Bytes v4 = packet::Ethernet{} / packet::IPv4{} / packet::TCP{.sport = 40000, .dport = 443} / packet::Payload(6);
	static const packet::Bytes v6 = packet::Ethernet{} / packet::IPv6{} / packet::TCP{.sport = 40000, .dport = 443} / packet::Payload(6);
	return family == 4 ? v4 : v6;
}

// Of the processor alone, so that the others who use it do not count.
double cpu_seconds() {
	timespec now{};
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double ns_per_packet(int program, uint8_t family, uint32_t packets) {
	const double start = cpu_seconds();
	test::xdp_test_run(program, frame(family), packets);
	return (cpu_seconds() - start) * 1e9 / packets;
}

struct Measured {
	double empty, parse, lpm, ours; // ns/packet
	double ratio() const { return (lpm - parse) / (ours - parse); }
};

Measured measure(const Row& row, const Loaded& loaded, int rounds, uint32_t packets) {
	std::vector<double> empty, parse, lpm, ours;
	const uint32_t slow = row.is_large() ? std::max(packets / 4, 1u) : packets;
	ns_per_packet(loaded.lpm(), row.family, slow);
	ns_per_packet(loaded.table(), row.family, packets);
	for (int round = 0; round < rounds; ++round) {
		empty.push_back(ns_per_packet(loaded.empty(), row.family, packets));
		parse.push_back(ns_per_packet(loaded.parse(), row.family, packets));
		lpm.push_back(ns_per_packet(loaded.lpm(), row.family, slow));
		ours.push_back(ns_per_packet(loaded.table(), row.family, packets));
	}
	return {median(empty), median(parse), median(lpm), median(ours)};
}

struct Claim {
	std::string text;
	double measured;
	double goal;
	bool at_most;
};

int run(int rounds, uint32_t packets, std::size_t most_prefixes, const PrefixTableTuning& tuning, const std::string& only) {
	std::vector<Claim> claims;
	std::printf("prefix_tables: %d interleaved rounds of %u packets; medians; half of %zu sources permitted\n", rounds, packets, kSources);
	std::printf("  %-36s %7s %7s %9s %7s %9s %7s %9s\n", "", "empty", "parse", "LPM_TRIE", "table", "net ratio", "B each", "build ms");
	std::optional<Measured> one[2];
	for (Row row : kRows) {
		if (!std::string(row.what).starts_with(only))
			continue;
		row.prefixes = std::min(row.prefixes, most_prefixes);
		Generator random(row.prefixes);
		const std::vector<PolicyEntry> entries = row.make(row.prefixes, random);
		const auto start = Clock::now();
		const PrefixTable table = build_prefix_table(entries, row.family, 1, tuning);
		const double build_ms = seconds_since(start) * 1e3;
		const Loaded loaded(entries, table);
		const Measured found = measure(row, loaded, rounds, packets);
		std::printf("  %-36s %7.2f %7.2f %9.2f %7.2f %9.2f %7.1f %9.2f\n", row.what, found.empty, found.parse, found.lpm, found.ours,
		            found.ratio(), static_cast<double>(table.bytes()) / static_cast<double>(entries.size()), build_ms);
		std::fflush(stdout);
		auto& single = one[row.family == 6];
		if (row.prefixes == 1 && !single)
			single = found;
		if (row.goal > 0)
			claims.push_back({std::string(row.what) + ": LPM_TRIE / table, net", found.ratio(), row.goal, false});
		if (row.whole_packet_goal > 0 && single)
			claims.push_back({std::string(row.what) + ": packet / at 1 prefix", found.ours / single->ours, row.whole_packet_goal, true});
	}
	std::printf("ratios of medians\n");
	for (const Claim& claim : claims) {
		const bool met = claim.at_most ? claim.measured <= claim.goal : claim.measured >= claim.goal;
		std::printf("  %-60s %6.2f  (goal %s %.2f: %s)\n", claim.text.c_str(), claim.measured, claim.at_most ? "<=" : ">=", claim.goal,
		            met ? "reached" : "MISSED");
	}
	return 0;
}

} // namespace

int main(int argc, char** argv) {
	const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
	const auto packets = static_cast<uint32_t>(argc > 2 ? std::atoi(argv[2]) : 4'000'000);
	const auto most_prefixes = static_cast<std::size_t>(argc > 3 ? std::atoll(argv[3]) : 1'000'000);
	PrefixTableTuning tuning;
	if (argc > 4)
		tuning.root_bits_max = static_cast<unsigned>(std::atoi(argv[4]));
	if (argc > 6) {
		tuning.ranges_per_slot_v4 = std::atof(argv[5]);
		tuning.ranges_per_slot_v6 = std::atof(argv[6]);
	}
	if (argc > 7)
		tuning.two_levels_v6 = std::atoi(argv[7]);
	const std::string only = argc > 8 ? argv[8] : "";
	try {
		cpu_set_t cpus;
		CPU_ZERO(&cpus);
		CPU_SET(1, &cpus);
		sched_setaffinity(0, sizeof cpus, &cpus);
		if (!keep_only_filter_capabilities())
			std::fputs("prefix_tables: cannot give up capabilities\n", stderr);
		return run(rounds, packets, most_prefixes, tuning, only);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "prefix_tables: %s\n", error.what());
		return 1;
	}
}
