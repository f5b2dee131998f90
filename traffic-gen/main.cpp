// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/interface.hpp"
#include "traffic-gen/live_frames.hpp"
#include "traffic-gen/options.hpp"
#include "traffic-gen/output_error.hpp"
#include "traffic-gen/packet_socket.hpp"
#include "traffic-gen/pcap_file.hpp"
#include "traffic-gen/summary.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>

using namespace tmon;

namespace {

std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void request_stop(int) { stop = true; }

void stop_on_signals() {
	struct sigaction action {};
	action.sa_handler = request_stop; // without SA_RESTART: a waiting call ends
	sigaction(SIGINT, &action, nullptr);
	sigaction(SIGTERM, &action, nullptr);
}

// Up to here a packet socket does as well, and leaves a core to others.
constexpr uint64_t rate_of_sockets = 100'000;

// Live frames, where they are wanted and possible here.
std::unique_ptr<LiveFrames> open_live(const Options& options) {
	const bool chosen = options.method == Method::live;
	if (options.method == Method::socket ||
	    (!chosen && (!options.bypass_qdisc || (options.rate > 0 && options.rate <= rate_of_sockets))))
		return nullptr;
	try {
		return std::make_unique<LiveFrames>(options.interface, options.scenario.mtu + 14);
	} catch (const LiveFramesUnavailable& error) {
		if (chosen)
			throw;
		std::cerr << "traffic-gen: sending through a packet socket: " << error.what() << '\n';
		return nullptr;
	}
}

void send_on_interface(const Options& options, Scenario& scenario, const Bounds& bounds, Summary& summary) {
	const uint32_t drops_before = transmit_drops(options.interface);
	const auto drops = [&] { return transmit_drops(options.interface) - drops_before; };
	if (const auto live = open_live(options)) {
		summary.way = Way::live;
		summary.outcome = transmit(scenario, *live, bounds);
		summary.lost = std::max<uint64_t>(live->refused(), drops());
		if (live->refused() > 0)
			std::cerr << "traffic-gen: " << options.interface << " refused frames: " << live->refusal() << '\n';
		return;
	}
	PacketSocket socket(options.interface, options.bypass_qdisc);
	summary.way = Way::socket;
	summary.outcome = transmit(scenario, socket, bounds);
	// Some drivers drop a frame and say that they have taken it; those that refuse it may count that
	// as a drop as well, and every refusal was one of the retries.
	const uint64_t dropped = drops();
	summary.lost = dropped > summary.outcome.retries ? dropped - summary.outcome.retries : 0;
}

Summary run(const Options& options) {
	const auto scenario = make_scenario(options.scenario);
	const Bounds bounds{options.count, options.rate, options.timeout, &stop};
	Summary summary{.outcome = {},
			.scenario = options.scenario.name,
			.seed = options.scenario.seed,
			.attackers = scenario->attackers()};
	if (!options.file.empty()) {
		PcapFile file(options.file);
		summary.outcome = write_capture(*scenario, file, options.start_ns, bounds);
	} else {
		send_on_interface(options, *scenario, bounds, summary);
	}
	return summary;
}

} // namespace

int main(int argc, char** argv) {
	try {
		const auto parsed = parse_options(argc, argv, std::cout, std::cerr);
		if (const int* status = std::get_if<int>(&parsed))
			return *status;
		const auto& options = std::get<Options>(parsed);
		stop_on_signals();
		const Summary summary = run(options);
		std::ostream& out = options.file == "-" ? std::cerr : std::cout;
		out << (options.json ? to_json(summary) : to_text(summary)) << std::endl;
		if (summary.outcome.end == End::stopped)
			std::cerr << "traffic-gen: interrupted before all " << options.count << " packets were sent\n";
		if (summary.outcome.end == End::timed_out) {
			std::cerr << "traffic-gen: gave up after the time that --timeout allows\n";
			return exit_runtime;
		}
		return 0;
	} catch (const std::exception& error) {
		std::cerr << "traffic-gen: " << error.what() << '\n';
		return exit_runtime;
	}
}
