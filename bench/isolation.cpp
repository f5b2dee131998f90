// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What it costs per event that a plugin runs in a process of its own: the same runner loop with the same plugin in a
// process and in a thread, on rings in memory; beside both, the plugin's work done where the events lie, without a
// runner. The ring is filled while the runner sleeps, then it is woken; the rounds are interleaved.
#include "bench/plugin_under_test.hpp"
#include "host/diagnostics/log.hpp"
#include "test/support/ring_writer.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

namespace {

using namespace tmon;
using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
	std::sort(values.begin(), values.end());
	const std::size_t n = values.size();
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double ns_since(Clock::time_point start) { return std::chrono::duration<double, std::nano>(Clock::now() - start).count(); }

// One plugin and a ring for it.
class Bed {
public:
	Bed(const char* sink, Isolation isolation, uint64_t slots)
	    : writer_(1, slots), rings_(writer_.descriptor()), spawner_(Spawner::start(bench::tree().runner)),
	      supervisor_(io_, {rings_, writer_.descriptor(), {}, spawner_, std::nullopt}, bench::no_crashes(),
	                  {[] {}, [](uint32_t) { return tmon_tick{}; }}) {
		spawner_.attach(io_);
		for (const auto& failure : supervisor_.start({bench::plugin_config(sink, "sink", isolation)}))
			throw std::runtime_error(failure.reason);
	}
	~Bed() { supervisor_.finish(std::chrono::seconds(2)); }

	// Nanoseconds for each of so many events, from the wake-up until the last one is delivered.
	double run(uint64_t events) {
		io_.restart();
		io_.run_for(std::chrono::milliseconds(50)); // it falls asleep
		const uint64_t before = delivered();
		writer_.write_numbered(0, events);
		const auto start = Clock::now();
		supervisor_.wake_sleepers();
		while (delivered() != before + events) {
			io_.poll();
			if (ns_since(start) > 60e9)
				throw std::runtime_error("not everything was delivered");
		}
		return ns_since(start) / static_cast<double>(events);
	}

private:
	uint64_t delivered() const {
		Totals totals;
		supervisor_.add_totals(totals);
		return totals.plugins.front().delivered;
	}

	boost::asio::io_context io_{1};
	test::RingWriter writer_;
	EventRings rings_;
	Spawner spawner_;
	Supervisor supervisor_;
};

// The sink's work on events where they lie.
double run_native(const std::vector<tmon_event>& events) {
	[[maybe_unused]] static volatile uint64_t sink;
	const auto start = Clock::now();
	uint64_t bytes = 0;
	for (const tmon_event& event : events)
		bytes += event.packet_size;
	sink = bytes;
	return ns_since(start) / static_cast<double>(events.size());
}

void print_row(const char* what, const std::vector<double>& values) {
	const auto [low, high] = std::minmax_element(values.begin(), values.end());
	std::printf("  %-44s %9.2f   %9.2f   %9.2f  ns/event\n", what, *low, median(values), *high);
}

int run(const char* sink, int rounds, uint64_t events) {
	uint64_t slots = 1024;
	while (slots <= events)
		slots *= 2;
	// The processes first: there must be no thread when a spawner is forked.
	Bed process(sink, Isolation::process, slots);
	Bed thread(sink, Isolation::thread, slots);
	const std::vector<tmon_event> plain(events);

	std::vector<double> in_process, in_thread, native, difference;
	for (int round = 0; round <= rounds; ++round) {
		const double n = run_native(plain);
		double p, t;
		if (round % 2) {
			p = process.run(events);
			t = thread.run(events);
		} else {
			t = thread.run(events);
			p = process.run(events);
		}
		if (round == 0)
			continue; // pages are mapped now
		native.push_back(n);
		in_process.push_back(p);
		in_thread.push_back(t);
		difference.push_back(p - t);
	}
	std::printf("isolation: %d interleaved rounds of %llu events\n", rounds, static_cast<unsigned long long>(events));
	std::printf("  %-44s %9s   %9s   %9s\n", "", "min", "median", "max");
	print_row("read where they lie, without a runner", native);
	print_row("plugin in a thread of the host", in_thread);
	print_row("plugin in its own process", in_process);
	print_row("process - thread, of each round", difference);
	const double cost = median(difference);
	std::printf("  %-56s %5.2f  (goal <= 20.00: %s)\n", "cost of isolation, ns per event", cost,
	            cost <= 20 ? "reached" : "MISSED");
	return 0;
}

} // namespace

int main(int argc, char** argv) {
	start_log(false);
	if (argc < 2) {
		std::fputs("usage: isolation SINK.so [ROUNDS [EVENTS]]\n", stderr);
		return 2;
	}
	const int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
	const auto events = static_cast<uint64_t>(argc > 3 ? std::atoll(argv[3]) : 1'000'000);
	try {
		return run(argv[1], rounds, events);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "isolation: %s\n", error.what());
		return 1;
	}
}
