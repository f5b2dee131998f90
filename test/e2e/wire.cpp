// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/e2e/wire.hpp"

#include "test/e2e/monitor.hpp"

#include <boost/json/parse.hpp>

#include <sys/uio.h>

#include <stdexcept>
#include <thread>

namespace tmon::test {

Sent Wire::send(const std::vector<std::string>& words) const {
	std::vector<std::string> argv = {in_dist("bin/traffic-gen"), "-i",        cable.left().interface, "--dst-mac",
	                                 cable.right().mac,          "--src-mac", cable.left().mac,       "--json"};
	argv.insert(argv.end(), words.begin(), words.end());
	const Finished finished = run(std::move(argv), {.network_namespace = sender.name()}, std::chrono::seconds(60));
	if (finished.status != 0)
		throw std::runtime_error("traffic-gen: " + finished.errors);
	const auto counts = boost::json::parse(finished.output).as_object();
	if (figure(counts, "/lost") != 0)
		throw std::runtime_error("the interface lost packets: " + finished.output);
	return {figure(counts, "/sent"), figure(counts, "/permitted"), figure(counts, "/denied"),
	        figure(counts, "/ipv4"), figure(counts, "/ipv6")};
}

void Wire::send(std::span<const packet::Bytes> frames) const { FrameSender(*this).send(frames); }

std::vector<packet::Bytes> frames_from(const std::string& source, std::size_t count) {
	// To no address of the interface.
	const packet::Ethernet link{.dst = "02:00:00:00:00:99"};
	const packet::IpAddress address = packet::parse_ip(source);
	if (const auto* v4 = std::get_if<packet::Ipv4Address>(&address))
		return std::vector<packet::Bytes>(count, link / packet::IPv4{.src = *v4} / packet::TCP{});
	return std::vector<packet::Bytes>(count, link / packet::IPv6{.src = std::get<packet::Ipv6Address>(address)} /
	                                             packet::TCP{});
}

FrameSender::FrameSender(const Wire& wire) {
	const NetworkNamespace::Inside inside(wire.sender);
	socket_.emplace(wire.cable.left().interface, true);
}

void FrameSender::send(std::span<const packet::Bytes> frames) {
	std::vector<iovec> vectors;
	for (const packet::Bytes& frame : frames)
		vectors.push_back({const_cast<uint8_t*>(frame.data()), frame.size()}); // only read
	for (std::span<const iovec> left = vectors; !left.empty();) {
		const std::size_t taken = socket_->send(left);
		left = left.subspan(taken);
		if (taken == 0)
			std::this_thread::sleep_for(std::chrono::microseconds(50));
	}
}

} // namespace tmon::test
