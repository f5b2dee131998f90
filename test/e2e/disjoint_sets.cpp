// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/e2e/disjoint_sets.hpp"

#include "test/support/temp_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tmon::test {

namespace {

constexpr uint32_t kBatch = 32;
constexpr uint32_t kUnderWay = 192; // a veth queue holds 256

// Where the ports of TCP begin in each of the four frames.
constexpr std::size_t kPortsV4 = 14 + 20, kPortsV6 = 14 + 40;

uint32_t number_of(const tmon_event& event) { return uint32_t{event.src_port} << 16 | event.dst_port; }

void write_number(packet::Bytes& frame, uint32_t number) {
	const std::size_t at = number % 2 == 0 ? kPortsV4 : kPortsV6;
	for (std::size_t i = 0; i < 4; ++i)
		frame[at + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
}

bool is_from(const tmon_event& event, uint32_t source) {
	const packet::IpAddress address = packet::parse_ip(kSetSources[source]);
	uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (const auto* v4 = std::get_if<packet::Ipv4Address>(&address))
		std::copy(v4->bytes.begin(), v4->bytes.end(), bytes + 12);
	else
		std::copy_n(std::get<packet::Ipv6Address>(address).bytes.begin(), 16, bytes);
	return std::memcmp(bytes, event.src, sizeof bytes) == 0;
}

} // namespace

NumberedSender::NumberedSender(const Wire& wire, uint32_t packets_per_second)
    : wire_(wire), sender_(wire), rate_(packets_per_second) {}

uint32_t NumberedSender::received() const {
	std::istringstream lines(read_file("/proc/thread-self/net/dev"));
	for (std::string line; std::getline(lines, line);) {
		std::istringstream words(line);
		std::string name;
		uint64_t bytes = 0, packets = 0;
		if (words >> name >> bytes >> packets && name == wire_.interface() + ":")
			return static_cast<uint32_t>(packets);
	}
	throw std::runtime_error("the kernel does not tell what " + wire_.interface() + " has received");
}

uint32_t NumberedSender::run(const std::atomic<bool>& stop) {
	const NetworkNamespace::Inside inside(wire_.watched);
	std::vector<packet::Bytes> frames;
	for (uint32_t i = 0; i < kBatch; ++i)
		frames.push_back(frames_from(kSetSources[i % 4]).front());
	const uint32_t before = received();
	const auto start = std::chrono::steady_clock::now();
	uint32_t sent = 0;
	const auto wait_for_all_but = [&](uint32_t under_way) {
		const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
		for (; sent - (arrived_ = received() - before) > under_way;
		     std::this_thread::sleep_for(std::chrono::microseconds(50)))
			if (std::chrono::steady_clock::now() > limit)
				throw std::runtime_error("packets are lost on the way: sent " + std::to_string(sent) +
				                         ", arrived " + std::to_string(arrived_));
	};
	for (; !stop; sent += kBatch) {
		wait_for_all_but(kUnderWay);
		for (uint32_t i = 0; i < kBatch; ++i)
			write_number(frames[i], sent + i);
		std::this_thread::sleep_until(start + std::chrono::nanoseconds(uint64_t{sent} * 1'000'000'000 / rate_));
		sender_.send(frames);
	}
	wait_for_all_but(0);
	return sent;
}

Explanation explain(std::vector<tmon_event> events, uint32_t sent, uint32_t last, uint32_t action, uint32_t cycle) {
	std::sort(events.begin(), events.end(),
	          [](const tmon_event& a, const tmon_event& b) { return number_of(a) < number_of(b); });
	std::set<uint32_t> generations;
	uint32_t generation = 1, next = 0; // the next packet that is not explained
	const auto fault = [&](uint32_t number, const std::string& text) {
		return Explanation{"packet " + std::to_string(number) + " from " + kSetSources[number % 4] + " " + text,
		                   0};
	};
	// Those that were not reported up to `number`, which `until` has judged: permitted by some generation, none of
	// which came after a later one.
	const auto permitted_up_to = [&](uint32_t number, uint32_t until) {
		for (; next < number; ++next) {
			while (generation < until && denied_in(generation, next % 4))
				++generation;
			if (denied_in(generation, next % 4))
				return false;
		}
		return true;
	};
	for (const tmon_event& event : events) {
		const uint32_t number = number_of(event), source = number % 4;
		if (number < next || number >= sent)
			return fault(number, "is reported more often than it was sent");
		if (!is_from(event, source) || event.action != action || event.reason != TMON_REASON_NOT_PERMITTED)
			return fault(number, "is reported as something else");
		if (event.entry == 0)
			return fault(number, "was covered by no entry: neither set has judged it");
		const uint32_t program = (event.entry - 1) / 2;
		if ((event.entry - 1) % 2 != source % 2 || !denied_in(program + 1, source))
			return fault(number, "was denied by entry " + std::to_string(event.entry) +
			                         ", which does not cover it");
		// The present generation, or the next one with this program.
		const uint32_t judge = generation + (program + cycle - (generation - 1) % cycle) % cycle;
		if (program >= cycle || judge > last)
			return fault(number, "was denied by entry " + std::to_string(event.entry) +
			                         " out of turn, in generation " + std::to_string(generation) +
			                         " or behind it");
		if (!permitted_up_to(number, judge))
			return fault(next, "was permitted by none of the generations that it can have met");
		generation = judge;
		generations.insert(judge);
		next = number + 1;
	}
	if (!permitted_up_to(sent, last))
		return fault(next, "was permitted by none of the generations that it can have met");
	return {"", static_cast<uint32_t>(generations.size())};
}

} // namespace tmon::test
