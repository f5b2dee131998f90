// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/options.hpp"
#include "traffic-gen/output_error.hpp"
#include "traffic-gen/packet_socket.hpp"
#include "traffic-gen/pcap_file.hpp"
#include "traffic-gen/summary.hpp"

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

Summary run(const Options& options) {
	const auto scenario = make_scenario(options.scenario);
	const Bounds bounds{options.count, options.rate, options.timeout, &stop};
	Summary summary{.outcome = {}, .scenario = options.scenario.name, .seed = options.scenario.seed};
	if (!options.file.empty()) {
		PcapFile file(options.file);
		summary.outcome = write_capture(*scenario, file, options.start_ns, bounds);
	} else {
		PacketSocket socket(options.interface, options.bypass_qdisc);
		summary.outcome = transmit(*scenario, socket, bounds);
		// Some drivers drop a frame and say that they have taken it; those that refuse it may count that
		// as a drop as well, and every refusal was one of the retries.
		const uint64_t drops = socket.interface_drops();
		summary.lost = drops > summary.outcome.retries ? drops - summary.outcome.retries : 0;
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
