// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/judges.hpp"

#include "test/bpf/agreement.hpp"
#include "test/support/xdp_test_run.hpp"

#include <net/if.h>
#include <sched.h>

#include <cstring>
#include <map>
#include <sstream>

namespace tmon::test {

using corpus::Fate;

namespace {

constexpr uint32_t drop_verdict = 1, pass_verdict = 2; // enum xdp_action
constexpr std::size_t pulled = 128;                    // bytes the program pulls into the first buffer

FilterOptions options() {
	FilterOptions options;
	for (const char* text : {"10.0.0.0/8", "fd00::/8"})
		options.rules.policy.entries.push_back({.prefix = std::get<Prefix>(parse_prefix(text)), .name = {}, .place = {}});
	options.interfaces = {{if_nametoindex("lo"), "lo"}};
	options.rules.drop = true;
	options.ring_bytes = 64 * 1024;
	return options;
}

bool is_permitted(const oracle::Judgement& judgement) {
	return judgement.family == 4 ? judgement.source[12] == 10 : judgement.source[0] == 0xfd;
}

// Which counter grows.
tmon_verdict verdict_of(Fate fate) {
	static const std::map<Fate, tmon_verdict> verdicts{{Fate::permitted, TMON_VERDICT_PERMITTED},
	                                                   {Fate::denied, TMON_VERDICT_DENIED_DROPPED},
	                                                   {Fate::undecidable, TMON_VERDICT_DENIED_DROPPED},
	                                                   {Fate::arp, TMON_VERDICT_UNFILTERED_ARP},
	                                                   {Fate::neighbour_discovery, TMON_VERDICT_UNFILTERED_ND},
	                                                   {Fate::dhcp, TMON_VERDICT_UNFILTERED_DHCP},
	                                                   {Fate::non_ip, TMON_VERDICT_UNFILTERED_NON_IP}};
	return verdicts.at(fate);
}

tmon_event event_of(const oracle::Judgement& judgement) {
	tmon_event event{};
	std::memcpy(event.src, judgement.source.data(), 16);
	std::memcpy(event.dst, judgement.destination.data(), 16);
	event.src_port = static_cast<uint16_t>(judgement.src_port);
	event.dst_port = static_cast<uint16_t>(judgement.dst_port);
	event.ip_version = static_cast<uint8_t>(judgement.family);
	event.protocol = static_cast<uint8_t>(judgement.protocol);
	event.tcp_flags = static_cast<uint8_t>(judgement.tcp_flags);
	event.action = TMON_ACTION_DROP;
	event.packet_size = static_cast<uint32_t>(judgement.packet_size);
	event.ifindex = if_nametoindex("lo");
	event.vlan = static_cast<uint16_t>(judgement.vlan);
	event.reason = static_cast<uint8_t>(judgement.reason);
	event.flags = static_cast<uint8_t>(judgement.flags);
	return event;
}

// The counters after one frame, if the oracle is right.
tmon_counters grown(tmon_counters counters, const oracle::Judgement& judgement, std::size_t bytes) {
	const Fate fate = fate_of(judgement);
	const int family = judgement.family == 4   ? TMON_FAMILY_IPV4
	                   : judgement.family == 6 ? TMON_FAMILY_IPV6
	                                           : TMON_FAMILY_NONE;
	++counters.seen;
	tmon_count& count = counters.verdicts[verdict_of(fate)][family];
	++count.packets;
	count.bytes += bytes;
	if (fate == Fate::denied || fate == Fate::undecidable)
		++counters.denied_by_reason[judgement.reason];
	return counters;
}

} // namespace

Fate fate_of(const oracle::Judgement& judgement) {
	switch (judgement.kind) {
	case oracle::Kind::arp: return Fate::arp;
	case oracle::Kind::non_ip: return Fate::non_ip;
	case oracle::Kind::undecidable: return Fate::undecidable;
	case oracle::Kind::by_source: break;
	}
	if (is_permitted(judgement))
		return Fate::permitted;
	return judgement.exempt == oracle::Exempt::dhcp ? Fate::dhcp
	       : judgement.exempt == oracle::Exempt::no ? Fate::denied
	                                                : Fate::neighbour_discovery;
}

std::size_t readable_bytes(std::size_t linear, std::size_t length) {
	return std::max(linear, std::min(length, pulled));
}

Judges::Judges() : filter_(options()), rings_(filter_.rings_descriptor()) {
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
		throw std::runtime_error("cannot stay on CPU 0");
}

std::string Judges::disagreement(const packet::Bytes& frame, std::size_t linear) {
	const std::size_t readable = linear == 0 ? frame.size() : readable_bytes(linear, frame.size());
	judgement_ = oracle::judge(std::span(frame).first(readable), frame.size());
	std::string text = native_disagreement({frame.data(), readable}, frame.size());
	return text.empty() ? judge_program(frame, linear) : text;
}

std::string Judges::judge_program(const packet::Bytes& frame, std::size_t linear) {
	const tmon_counters before = filter_.counters(0);
	const uint32_t verdict = xdp_test_run(filter_.program_descriptor(0), frame, 1, static_cast<uint32_t>(linear));
	const tmon_counters after = filter_.counters(0);
	const RingRead read = rings_.read(0, cursor_, buffer_);

	std::ostringstream text;
	const bool denied = fate() == Fate::denied || fate() == Fate::undecidable;
	if (verdict != (denied ? drop_verdict : pass_verdict))
		text << "the program's verdict is " << verdict << "\n";
	const tmon_counters wanted = grown(before, judgement_, frame.size());
	if (std::memcmp(&after, &wanted, sizeof after) != 0)
		text << "the program's counters grew otherwise\n";
	if (read.count != (denied ? 1u : 0u) || read.lost != 0)
		text << "the program reported " << read.count << " events\n";
	if (denied && read.count == 1) {
		tmon_event event, expected = event_of(judgement_);
		std::memcpy(&event, buffer_.event(read.first), sizeof event);
		expected.time_ns = event.time_ns;
		if (std::memcmp(&event, &expected, sizeof event) != 0)
			text << "the program's event: reason " << int{event.reason} << ", protocol "
			     << int{event.protocol} << ", ports " << event.src_port << " " << event.dst_port
			     << ", flags " << int{event.flags} << ", size " << event.packet_size << ", VLAN "
			     << event.vlan << ", IPv" << int{event.ip_version} << "\n";
	}
	if (text.str().empty())
		return {};
	text << "oracle: " << judgement_ << "\n" << hex_dump(frame);
	return text.str();
}

} // namespace tmon::test
