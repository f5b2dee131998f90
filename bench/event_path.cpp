// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What it costs to report a denied packet, and how many events reach a plugin in a process of its own:
// the event rings against the BPF ring buffer, stock and tuned. The program is the same but for the
// report step; packets come from BPF_PROG_TEST_RUN; the runs are interleaved.
//
// The comparator's reader is a thread that does with each event what the plugin does, straight from the
// buffer: it saves itself the copy and the isolation that ours pays for.
#include "bpf/filter_state.h" // that the skeletons name

#include "bench_none.skel.h"
#include "bench_stock.skel.h"
#include "bench_tuned_512k.skel.h"
#include "bench_tuned_64k.skel.h"

#include "bench/plugin_under_test.hpp"
#include "host/diagnostics/log.hpp"
#include "host/filter/doorbell.hpp"
#include "host/filter/table_maps.hpp"
#include "host/filter/xdp_filter.hpp"
#include "test/support/xdp_test_run.hpp"
#include "traffic-gen/packet.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

namespace {

using namespace tmon;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
	std::sort(values.begin(), values.end());
	const std::size_t n = values.size();
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void pin(int cpu) {
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(static_cast<unsigned>(cpu), &cpus);
	sched_setaffinity(0, sizeof cpus, &cpus);
}

const packet::Bytes& denied_packet() {
	static const packet::Bytes frame = packet::Ethernet{} / packet::IPv4{.src = "198.51.100.7", .dst = "10.0.0.1"} /
	                                   packet::TCP{.sport = 40000, .dport = 443} / packet::Payload(6);
	return frame;
}

std::vector<PolicyEntry> permitted() {
	std::vector<PolicyEntry> list;
	for (const char* text : {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"})
		list.push_back({.prefix = std::get<Prefix>(parse_prefix(text)), .name = {}, .place = {}});
	return list;
}

struct Result {
	double seconds_producing = 0; // of the slowest producer
	double seconds_total = 0;     // until the last event was delivered
	uint64_t packets = 0;
	uint64_t delivered = 0;

	double ns_per_packet(int producers) const {
		return seconds_producing * 1e9 * producers / static_cast<double>(packets);
	}
	double delivered_per_second() const { return static_cast<double>(delivered) / seconds_total; }
	double reported_per_second() const { return static_cast<double>(packets) / seconds_producing; }
};

// Runs the program on `producers` CPUs, `packets` times each.
double produce(int program, int producers, uint32_t packets) {
	std::vector<std::thread> threads;
	std::atomic<int> waiting{producers};
	std::vector<double> seconds(static_cast<std::size_t>(producers));
	for (int i = 0; i < producers; ++i) {
		threads.emplace_back([&, i] {
			pin(i);
			--waiting;
			while (waiting.load() > 0)
				;
			const auto start = Clock::now();
			test::xdp_test_run(program, denied_packet(), packets);
			seconds[static_cast<std::size_t>(i)] = seconds_since(start);
		});
	}
	for (std::thread& thread : threads)
		thread.join();
	return *std::max_element(seconds.begin(), seconds.end());
}

// --- the BPF ring buffer ---

template <class Skeleton>
struct Functions;
#define SKELETON(name)                                                                 \
	template <>                                                                    \
	struct Functions<::name> {                                                     \
		static ::name* open() { return name##__open(); }                       \
		static int load(::name* skeleton) { return name##__load(skeleton); }   \
		static void destroy(::name* skeleton) { name##__destroy(skeleton); }   \
	}
SKELETON(bench_none);
SKELETON(bench_stock);
SKELETON(bench_tuned_64k);
SKELETON(bench_tuned_512k);

template <class Skeleton>
class Comparator {
public:
	// `ring_bytes`: the memory that all event rings together have.
	explicit Comparator(uint32_t ring_bytes) : skeleton_(Functions<Skeleton>::open()) {
		const PrefixTable table = build_prefix_table(permitted(), 4, 1);
		prepare_table_map(skeleton_->obj, table);
		if constexpr (requires { skeleton_->maps.events; })
			bpf_map__set_max_entries(skeleton_->maps.events, ring_bytes);
		if (Functions<Skeleton>::load(skeleton_) != 0)
			throw std::runtime_error("cannot load a comparator");
		fill_table_map(skeleton_->obj, table);
	}
	~Comparator() { Functions<Skeleton>::destroy(skeleton_); }
	Comparator(const Comparator&) = delete;

	int program() const { return bpf_program__fd(skeleton_->progs.xdp_filter); }
	int events() const { return bpf_map__fd(skeleton_->maps.events); }

private:
	Skeleton* skeleton_;
};

struct Consumed {
	uint64_t events = 0;
	uint64_t bytes = 0;
};

Result run_ringbuf(int program, int events, int producers, uint32_t packets) {
	Consumed consumed;
	const auto take = [](void* context, void* data, std::size_t) {
		auto& into = *static_cast<Consumed*>(context);
		++into.events;
		into.bytes += static_cast<const tmon_event*>(data)->packet_size;
		return 0;
	};
	ring_buffer* ring = ring_buffer__new(events, take, &consumed, nullptr);
	std::atomic<bool> done{false};
	const auto start = Clock::now();
	std::thread reader([&] {
		if (producers == 1)
			pin(1);
		// Where wake-ups are held back, what waits has to be fetched now and then: within 1 ms, as ours.
		while (!done.load(std::memory_order_relaxed)) {
			ring_buffer__poll(ring, 1);
			ring_buffer__consume(ring);
		}
		ring_buffer__consume(ring);
	});
	Result result;
	result.seconds_producing = produce(program, producers, packets);
	done = true;
	reader.join();
	result.seconds_total = seconds_since(start);
	result.packets = uint64_t{packets} * static_cast<uint64_t>(producers);
	result.delivered = consumed.events;
	ring_buffer__free(ring);
	return result;
}

// --- the event rings and real plugin-runner processes ---

class Rings {
public:
	Rings(const char* sink, int plugins, Isolation isolation)
	    : filter_({{Policy{permitted(), {}}, false, false, false}, {{if_nametoindex("lo"), "lo"}}, 4u << 20}),
	      rings_(filter_.rings_descriptor()), doorbell_(filter_.maps()), spawner_(Spawner::start(bench::tree().runner)),
	      supervisor_(io_, {rings_, filter_.rings_descriptor(), list(), spawner_, std::nullopt}, bench::no_crashes(),
	                  {[this] { doorbell_.arm(); }, [](uint32_t) { return tmon_tick{}; }}),
	      doorbell_wait_(io_, fcntl(doorbell_.descriptor(), F_DUPFD_CLOEXEC, 0)) {
		std::vector<PluginConfig> configs;
		for (int i = 0; i < plugins; ++i)
			configs.push_back(bench::plugin_config(sink, "sink" + std::to_string(i), isolation));
		spawner_.attach(io_);
		for (const auto& failure : supervisor_.start(configs))
			throw std::runtime_error(failure.reason);
		runners_ = bench::runners_of(spawner_);
		wait_for_doorbell();
	}
	~Rings() { supervisor_.finish(std::chrono::seconds(2)); }

	uint64_t memory() const { return uint64_t{rings_.rings()} * rings_.slots() * TMON_RING_UNIT; }

	void stop_runners() const {
		for (const pid_t pid : runners_)
			kill(pid, SIGSTOP);
	}
	void continue_runners() const {
		for (const pid_t pid : runners_)
			kill(pid, SIGCONT);
	}

	Result run(int producers, uint32_t packets) {
		// One producer: the reader has the other core, as the comparator's. Two: all three share.
		cpu_set_t cpus;
		CPU_ZERO(&cpus);
		CPU_SET(1, &cpus);
		if (producers > 1)
			CPU_SET(0, &cpus);
		for (const pid_t pid : runners_)
			sched_setaffinity(pid, sizeof cpus, &cpus);
		sched_setaffinity(0, sizeof cpus, &cpus); // the host, which wakes them
		const uint64_t before = account().delivered;
		std::atomic<bool> produced{false};
		Result result;
		const auto start = Clock::now();
		std::thread producer([&] {
			result.seconds_producing = produce(filter_.program_descriptor(0), producers, packets);
			produced = true;
		});
		// The host's own loop, which wakes sleepers and serves doorbells.
		io_.restart();
		while (!produced.load() || (!runners_.empty() && !stopped_ && account().pending > 0))
			io_.run_one_for(std::chrono::milliseconds(1));
		result.seconds_total = seconds_since(start);
		producer.join();
		result.packets = uint64_t{packets} * static_cast<uint64_t>(producers);
		result.delivered = account().delivered - before;
		return result;
	}

	Result run_with_stopped_readers(uint32_t packets) {
		stop_runners();
		stopped_ = true;
		const Result result = run(1, packets);
		stopped_ = false;
		continue_runners();
		return result;
	}

	PluginTotals account() const {
		Totals totals;
		supervisor_.add_totals(totals);
		return totals.plugins.empty() ? PluginTotals{} : totals.plugins.front();
	}

private:
	static std::vector<Interface> list() { return {{if_nametoindex("lo"), "lo"}}; }
	void wait_for_doorbell() {
		doorbell_wait_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
			if (failed)
				return;
			doorbell_.answer();
			supervisor_.wake_sleepers();
			wait_for_doorbell();
		});
	}

	boost::asio::io_context io_{1};
	XdpFilter filter_;
	EventRings rings_;
	Doorbell doorbell_;
	Spawner spawner_;
	Supervisor supervisor_;
	boost::asio::posix::stream_descriptor doorbell_wait_;
	std::vector<pid_t> runners_;
	bool stopped_ = false;
};

using Series = std::map<std::string, std::vector<double>>;

struct Claim {
	std::string text;
	double measured;
	double goal;
	bool at_most;
};

void print_row(const char* what, const std::vector<double>& values, const char* unit) {
	const auto [low, high] = std::minmax_element(values.begin(), values.end());
	std::printf("  %-44s %9.2f   %9.2f   %9.2f  %s\n", what, *low, median(values), *high, unit);
}

int run(const char* sink, int rounds, uint32_t packets) {
	Rings one(sink, 1, Isolation::process), none(sink, 0, Isolation::process), four(sink, 4, Isolation::process);
	const auto bytes = static_cast<uint32_t>(one.memory());
	const Comparator<bench_none> no_report(bytes);
	const Comparator<bench_stock> stock(bytes);
	const Comparator<bench_tuned_64k> tuned_64k(bytes);
	const Comparator<bench_tuned_512k> tuned_512k(bytes);

	Series ns, rate1, rate2, alone, percent;
	for (int round = 0; round < rounds; ++round) {
		const double base = produce(no_report.program(), 1, packets) * 1e9 / packets;
		ns["none"].push_back(base);
		const auto ringbuf = [&](const char* name, int program, int events) {
			const Result single = run_ringbuf(program, events, 1, packets);
			ns[name].push_back(single.ns_per_packet(1));
			rate1[name].push_back(single.delivered_per_second() / 1e6);
			percent[name].push_back(100.0 * static_cast<double>(single.delivered) / static_cast<double>(single.packets));
			const Result both = run_ringbuf(program, events, 2, packets);
			rate2[name].push_back(both.delivered_per_second() / 1e6);
		};
		ringbuf("stock", stock.program(), stock.events());
		const Result single = one.run(1, packets);
		ns["rings"].push_back(single.ns_per_packet(1));
		rate1["rings"].push_back(single.delivered_per_second() / 1e6);
		percent["rings"].push_back(100.0 * static_cast<double>(single.delivered) / static_cast<double>(single.packets));
		rate2["rings"].push_back(one.run(2, packets).delivered_per_second() / 1e6);
		ringbuf("64k", tuned_64k.program(), tuned_64k.events());
		ringbuf("512k", tuned_512k.program(), tuned_512k.events());
		alone["two"].push_back(none.run(2, packets).reported_per_second() / 1e6);
		// A small difference is looked for here: the two in turn, there and back.
		for (const bool stopped : {false, true, true, false}) {
			const Result result = stopped ? four.run_with_stopped_readers(packets) : none.run(1, packets);
			alone[stopped ? "four stopped" : "one"].push_back(result.reported_per_second() / 1e6);
		}
		std::fprintf(stderr, "round %d of %d\n", round + 1, rounds);
	}

	std::printf("event_path: %d interleaved rounds of %u packets a producer; event memory %u KiB each\n", rounds, packets,
	            bytes / 1024);
	std::printf("  %-44s %9s   %9s   %9s\n", "", "min", "median", "max");
	std::printf("one producer core, one reader core\n");
	print_row("program without report", ns["none"], "ns/packet");
	print_row("rings, plugin in its own process", ns["rings"], "ns/packet");
	print_row("BPF ring buffer, stock", ns["stock"], "ns/packet");
	print_row("BPF ring buffer, woken at 64 KiB", ns["64k"], "ns/packet");
	print_row("BPF ring buffer, woken at 512 KiB", ns["512k"], "ns/packet");
	print_row("rings: delivered", rate1["rings"], "M events/s");
	print_row("stock: delivered", rate1["stock"], "M events/s");
	print_row("woken at 64 KiB: delivered", rate1["64k"], "M events/s");
	print_row("woken at 512 KiB: delivered", rate1["512k"], "M events/s");
	print_row("rings: of what was reported", percent["rings"], "% delivered");
	print_row("stock: of what was reported", percent["stock"], "% delivered");
	print_row("woken at 64 KiB: of what was reported", percent["64k"], "% delivered");
	print_row("woken at 512 KiB: of what was reported", percent["512k"], "% delivered");
	std::printf("two producers and a reader on two cores\n");
	print_row("rings: delivered", rate2["rings"], "M events/s");
	print_row("stock: delivered", rate2["stock"], "M events/s");
	print_row("woken at 64 KiB: delivered", rate2["64k"], "M events/s");
	print_row("woken at 512 KiB: delivered", rate2["512k"], "M events/s");
	std::printf("rings without a running reader\n");
	print_row("one producer", alone["one"], "M packets/s");
	print_row("two producers", alone["two"], "M packets/s");
	print_row("one producer, four stopped readers", alone["four stopped"], "M packets/s");

	const double base = median(ns["none"]);
	const double net_rings = median(ns["rings"]) - base;
	// In each row against the ring buffer that is best at it.
	const double net_best = std::min({median(ns["stock"]), median(ns["64k"]), median(ns["512k"])}) - base;
	const auto best = [](Series& series) {
		return std::max({median(series["stock"]), median(series["64k"]), median(series["512k"])});
	};
	const Claim claims[] = {
	    {"net cost of reporting, rings / best ring buffer", net_rings / net_best, 0.5, true},
	    {"delivered, one producer, rings / best ring buffer", median(rate1["rings"]) / best(rate1), 1.5, false},
	    {"delivered, two producers, rings / best ring buffer", median(rate2["rings"]) / best(rate2), 2.5, false},
	    {"two producers / one, no reader", median(alone["two"]) / median(alone["one"]), 1.7, false},
	    {"one producer: no reader / four stopped readers", median(alone["one"]) / median(alone["four stopped"]), 1.05, true},
	};
	std::printf("ratios of medians\n");
	for (const Claim& claim : claims) {
		const bool met = claim.at_most ? claim.measured <= claim.goal : claim.measured >= claim.goal;
		std::printf("  %-56s %5.2f  (goal %s %.2f: %s)\n", claim.text.c_str(), claim.measured, claim.at_most ? "<=" : ">=",
		            claim.goal, met ? "reached" : "MISSED");
	}
	return 0;
}

} // namespace

int main(int argc, char** argv) {
	start_log(false);
	if (argc < 2) {
		std::fputs("usage: event_path SINK.so [ROUNDS [PACKETS]]\n", stderr);
		return 2;
	}
	const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
	const auto packets = static_cast<uint32_t>(argc > 3 ? std::atoi(argv[3]) : 3'000'000);
	try {
		return run(argv[1], rounds, packets);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "event_path: %s\n", error.what());
		return 1;
	}
}
