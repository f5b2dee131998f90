// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The real program in the running kernel: for each frame the verdict, the counters, and the event, byte by
// byte. The parser, compiled natively from the same header, has to agree.
#define BOOST_TEST_MODULE bpf_filter
#include "bpf/classify.h"
#include "host/filter/capabilities.hpp"
#include "host/filter/doorbell.hpp"
#include "host/filter/xdp_filter.hpp"
#include "host/ring/event_rings.hpp"
#include "host/stats/totals.hpp"
#include "test/bpf/loaded_filter.hpp"
#include "test/support/privileged.hpp"
#include "test/support/xdp_test_run.hpp"
#include "traffic-gen/packet.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <cstring>
#include <memory>
#include <optional>

namespace {

using namespace tmon;
using namespace tmon::packet;

using namespace tmon::test;

FilterOptions options(bool drop) {
	std::vector<PolicyEntry> entries;
	for (const char* text : {"10.0.0.0/8", "192.168.1.0/24", "203.0.113.9/32", "fd00::/8", "2001:db8:1::/48"})
		entries.push_back(entry(text));
	return filter_options(std::move(entries), drop);
}

BOOST_TEST_GLOBAL_FIXTURE(FilterProcess);

struct Loaded : LoadedFilter {
	explicit Loaded(bool drop) : LoadedFilter(options(drop)) {}
};

enum class Outcome { permitted, denied, arp, nd, dhcp, non_ip };

struct Case {
	const char* name;
	Bytes frame;
	Outcome outcome;
	tmon_event event{}; // of a denied packet; time, interface and action are filled in by the test
};

void put_v4(uint8_t* to, uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
	const uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
	std::memcpy(to, bytes, sizeof bytes);
}

// An event of 198.51.100.7 -> 10.0.0.1.
tmon_event v4(uint8_t protocol, uint32_t size, uint16_t src_port = 0, uint16_t dst_port = 0, uint8_t flags = 0) {
	tmon_event event{};
	put_v4(event.src, 198, 51, 100, 7);
	put_v4(event.dst, 10, 0, 0, 1);
	event.ip_version = 4;
	event.protocol = protocol;
	event.packet_size = size;
	event.src_port = src_port;
	event.dst_port = dst_port;
	event.flags = flags;
	return event;
}

// An event of 2001:db8::7 -> fd00::1.
tmon_event v6(uint8_t protocol, uint32_t size, uint16_t src_port = 0, uint16_t dst_port = 0, uint8_t flags = 0) {
	tmon_event event{};
	const uint8_t source[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
	const uint8_t destination[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	std::memcpy(event.src, source, 16);
	std::memcpy(event.dst, destination, 16);
	event.ip_version = 6;
	event.protocol = protocol;
	event.packet_size = size;
	event.src_port = src_port;
	event.dst_port = dst_port;
	event.flags = flags;
	return event;
}

tmon_event with(tmon_event event, uint8_t tcp_flags) {
	event.tcp_flags = tcp_flags;
	return event;
}

tmon_event tagged(tmon_event event, uint16_t vlan) {
	event.vlan = vlan;
	event.flags |= TMON_EVENT_VLAN;
	return event;
}

// Undecidable, no address.
tmon_event blind(uint8_t reason, uint32_t size, uint8_t flags = 0, uint16_t vlan = 0) {
	tmon_event event{};
	event.reason = reason;
	event.packet_size = size;
	event.flags = flags;
	event.vlan = vlan;
	return event;
}

Bytes cut(Bytes frame, std::size_t size) {
	frame.resize(size);
	return frame;
}

const IPv4 stranger{.src = "198.51.100.7", .dst = "10.0.0.1"};
const IPv6 stranger6{.src = "2001:db8::7", .dst = "fd00::1"};

IPv4 ip4(IPv4 change) {
	change.src = stranger.src;
	change.dst = stranger.dst;
	return change;
}

std::vector<Case> cases() {
	const Bytes tcp = Ethernet{} / stranger / TCP{.sport = 1234, .dport = 80, .flags = 0x12} / Payload(10);
	const Bytes udp6 = Ethernet{} / stranger6 / UDP{.sport = 53, .dport = 5353} / Payload(4);
	std::vector<Case> all = {
	    // Sources
	    {"permitted /8", Ethernet{} / IPv4{.src = "10.9.8.7"} / TCP{}, Outcome::permitted},
	    {"permitted /24, last address", Ethernet{} / IPv4{.src = "192.168.1.255"} / UDP{}, Outcome::permitted},
	    {"permitted /32", Ethernet{} / IPv4{.src = "203.0.113.9"} / UDP{}, Outcome::permitted},
	    {"permitted IPv6 /8", Ethernet{} / IPv6{.src = "fdff::1"} / TCP{}, Outcome::permitted},
	    {"permitted IPv6 /48", Ethernet{} / IPv6{.src = "2001:db8:1:ffff::1"} / TCP{}, Outcome::permitted},
	    {"TCP with flags", tcp, Outcome::denied, with(v4(6, 50, 1234, 80), 0x12)},
	    {"UDP", Ethernet{} / stranger / UDP{.sport = 5, .dport = 6}, Outcome::denied, v4(17, 28, 5, 6)},
	    {"SCTP", Ethernet{} / stranger / SCTP{.sport = 7, .dport = 8}, Outcome::denied, v4(132, 32, 7, 8)},
	    {"ICMP type and code", Ethernet{} / stranger / ICMP{.type = 3, .code = 4}, Outcome::denied, v4(1, 28, 3, 4)},
	    {"GRE has no ports", Ethernet{} / ip4({.protocol = 47}) / Payload(8), Outcome::denied, v4(47, 28)},
	    {"IPv6 UDP", udp6, Outcome::denied, v6(17, 52, 53, 5353)},
	    {"IPv6 ICMPv6 echo", Ethernet{} / stranger6 / ICMPv6{}, Outcome::denied, v6(58, 48, 128, 0)},

	    // Tags
	    {"one tag", Ethernet{} / Vlan{.id = 5} / stranger / UDP{.sport = 1, .dport = 2}, Outcome::denied,
	     tagged(v4(17, 28, 1, 2), 5)},
	    {"802.1ad over 802.1Q: the outer id", Ethernet{} / Vlan{.id = 4095, .tpid = 0x88a8} / Vlan{.id = 7} / stranger6 /
	                                              UDP{.sport = 1, .dport = 2},
	     Outcome::denied, tagged(v6(17, 48, 1, 2), 4095)},
	    {"a permitted source behind two tags", Ethernet{} / Vlan{.id = 1} / Vlan{.id = 2} / IPv4{.src = "10.1.1.1"} / UDP{},
	     Outcome::permitted},
	    {"priority tag", Ethernet{} / Vlan{.id = 0, .priority = 7} / stranger / UDP{.sport = 1, .dport = 2}, Outcome::denied,
	     tagged(v4(17, 28, 1, 2), 0)},
	    {"three tags, even of a permitted source",
	     Ethernet{} / Vlan{.id = 1} / Vlan{.id = 2} / Vlan{.id = 3} / IPv4{.src = "10.1.1.1"} / UDP{}, Outcome::denied,
	     blind(TMON_REASON_VLAN_DEPTH, 4 + 28, TMON_EVENT_VLAN, 1)},
	    {"tag cut short", cut(Ethernet{} / Vlan{.id = 1} / stranger, 17), Outcome::denied,
	     blind(TMON_REASON_TRUNCATED, 3)},
	    {"second tag cut short", cut(Ethernet{} / Vlan{.id = 1} / Vlan{.id = 2} / stranger, 20), Outcome::denied,
	     blind(TMON_REASON_TRUNCATED, 2, TMON_EVENT_VLAN, 1)},

	    // Headers that lie or end early
	    {"EtherType IPv4, version 6", Ethernet{} / ip4({.version = 6}) / UDP{}, Outcome::denied,
	     blind(TMON_REASON_BAD_VERSION, 28)},
	    {"EtherType IPv6, version 4", Ethernet{} / IPv6{.src = "fd00::5", .version = 4} / UDP{}, Outcome::denied,
	     blind(TMON_REASON_BAD_VERSION, 48)},
	    {"IPv4 cut in the header", cut(tcp, 14 + 19), Outcome::denied, blind(TMON_REASON_TRUNCATED, 19)},
	    {"IPv6 cut in the header", cut(udp6, 14 + 39), Outcome::denied, blind(TMON_REASON_TRUNCATED, 39)},
	    {"no IP header at all", cut(tcp, 14), Outcome::denied, blind(TMON_REASON_TRUNCATED, 0)},
	    {"IHL with options", Ethernet{} / ip4({.options = Bytes(8, 1)}) / UDP{.sport = 9, .dport = 10}, Outcome::denied,
	     v4(17, 36, 9, 10)},
	    {"IHL beyond the frame", cut(Ethernet{} / ip4({.options = Bytes(40, 1)}) / UDP{}, 14 + 40), Outcome::denied,
	     v4(17, 68, 0, 0, TMON_EVENT_NO_PORTS | TMON_EVENT_SHORT)},
	    {"total length beyond the frame", cut(tcp, 14 + 20 + 14), Outcome::denied,
	     with(v4(6, 50, 1234, 80, TMON_EVENT_SHORT), 0x12)},
	    {"TCP without its flags byte", cut(tcp, 14 + 20 + 13), Outcome::denied,
	     v4(6, 50, 0, 0, TMON_EVENT_SHORT | TMON_EVENT_NO_PORTS)},
	    {"ports behind the total length", Ethernet{} / ip4({.total_length = 20}) / UDP{.sport = 9, .dport = 10},
	     Outcome::denied, v4(17, 20, 0, 0, TMON_EVENT_NO_PORTS)},

	    // Fragments: the source is in every one, ports only in the first
	    {"first fragment", Ethernet{} / ip4({.more_fragments = true}) / UDP{.sport = 9, .dport = 10}, Outcome::denied,
	     v4(17, 28, 9, 10, TMON_EVENT_FRAGMENT)},
	    {"later fragment", Ethernet{} / ip4({.fragment_offset = 1, .protocol = 17}) / Payload(8), Outcome::denied,
	     v4(17, 28, 0, 0, TMON_EVENT_FRAGMENT | TMON_EVENT_NO_PORTS)},
	    {"later fragment of a permitted source",
	     Ethernet{} / IPv4{.src = "10.1.1.1", .fragment_offset = 1, .protocol = 17} / Payload(8), Outcome::permitted},
	    {"IPv6 first fragment", Ethernet{} / stranger6 / Fragment{.more = true} / UDP{.sport = 9, .dport = 10},
	     Outcome::denied, v6(17, 56, 9, 10, TMON_EVENT_FRAGMENT)},
	    {"IPv6 later fragment", Ethernet{} / stranger6 / Fragment{.offset = 1, .next_header = 17} / Payload(8),
	     Outcome::denied, v6(17, 56, 0, 0, TMON_EVENT_FRAGMENT | TMON_EVENT_NO_PORTS)},

	    // IPv6 extension headers
	    {"hop-by-hop, routing, destination options, AH, TCP",
	     Ethernet{} / stranger6 / HopByHop{} / Routing{} / DestinationOptions{} / AuthenticationHeader{} /
	         TCP{.sport = 9, .dport = 10, .flags = 2},
	     Outcome::denied, with(v6(6, 40 + 8 + 8 + 8 + 24 + 20, 9, 10), 2)},
	    {"no next header", Ethernet{} / IPv6{.src = "2001:db8::7", .dst = "fd00::1", .next_header = 59}, Outcome::denied,
	     v6(59, 40)},
	    {"extension header cut short", cut(Ethernet{} / stranger6 / HopByHop{} / UDP{}, 14 + 40 + 7), Outcome::denied,
	     v6(0, 56, 0, 0, TMON_EVENT_SHORT)},
	    {"extension length beyond the frame", Ethernet{} / stranger6 / HopByHop{.length = 255} / UDP{}, Outcome::denied,
	     v6(17, 56, 0, 0, TMON_EVENT_NO_PORTS)},

	    // What a host cannot do without
	    {"ARP", Ethernet{} / Arp{}, Outcome::arp},
	    {"ARP behind a tag", Ethernet{} / Vlan{.id = 3} / Arp{}, Outcome::arp},
	    {"LLDP", Ethernet{.type = 0x88cc} / Payload(40), Outcome::non_ip},
	    {"802.3 length", Ethernet{.type = 46} / Payload(46), Outcome::non_ip},
	    {"neighbour solicitation", Ethernet{} / IPv6{.src = "2001:db8::7", .hop_limit = 255} / ICMPv6{.type = 135},
	     Outcome::nd},
	    {"router advertisement", Ethernet{} / IPv6{.src = "2001:db8::7", .hop_limit = 255} / ICMPv6{.type = 134},
	     Outcome::nd},
	    {"routed neighbour solicitation", Ethernet{} / IPv6{.src = stranger6.src, .dst = "fd00::1", .hop_limit = 254} / ICMPv6{.type = 135},
	     Outcome::denied, v6(58, 48, 135, 0)},
	    {"neighbour solicitation with a code", Ethernet{} / IPv6{.src = stranger6.src, .dst = "fd00::1", .hop_limit = 255} / ICMPv6{.type = 135, .code = 1},
	     Outcome::denied, v6(58, 48, 135, 1)},
	    {"neighbour solicitation behind an option header",
	     Ethernet{} / IPv6{.src = stranger6.src, .dst = "fd00::1", .hop_limit = 255} / DestinationOptions{} / ICMPv6{.type = 135}, Outcome::denied,
	     v6(58, 56, 135, 0)},
	    {"DHCP discover", Ethernet{} / IPv4{.src = "0.0.0.0", .dst = "255.255.255.255"} / UDP{.sport = 68, .dport = 67},
	     Outcome::dhcp},
	    {"DHCP offer", Ethernet{} / stranger / UDP{.sport = 67, .dport = 68}, Outcome::dhcp},
	    {"DHCPv6", Ethernet{} / stranger6 / UDP{.sport = 547, .dport = 546}, Outcome::dhcp},
	    {"port 67 to 67", Ethernet{} / stranger / UDP{.sport = 67, .dport = 67}, Outcome::denied, v4(17, 28, 67, 67)},
	    {"DHCPv6 ports in IPv4", Ethernet{} / stranger / UDP{.sport = 547, .dport = 546}, Outcome::denied,
	     v4(17, 28, 547, 546)},
	    {"TCP on the DHCP ports", Ethernet{} / stranger / TCP{.sport = 68, .dport = 67, .flags = 2}, Outcome::denied,
	     with(v4(6, 40, 68, 67), 2)},
	    {"fragmented DHCP", Ethernet{} / ip4({.more_fragments = true}) / UDP{.sport = 67, .dport = 68}, Outcome::denied,
	     v4(17, 28, 67, 68, TMON_EVENT_FRAGMENT)},
	};
	// IHL below 5: the addresses are where they always are, but nothing behind them can be trusted.
	tmon_event short_ihl = v4(17, 28);
	short_ihl.reason = TMON_REASON_BAD_HEADER;
	all.push_back({"IHL below 5", Ethernet{} / ip4({.ihl = 4}) / UDP{}, Outcome::denied, short_ihl});
	tmon_event short_total = v4(17, 19);
	short_total.reason = TMON_REASON_BAD_HEADER;
	all.push_back({"total length below the header's", Ethernet{} / ip4({.total_length = 19}) / UDP{}, Outcome::denied,
	               short_total});
	tmon_event lying_permitted = short_ihl;
	put_v4(lying_permitted.src, 10, 1, 1, 1);
	put_v4(lying_permitted.dst, 10, 0, 0, 1);
	all.push_back({"IHL below 5 of a permitted source", Ethernet{} / IPv4{.src = "10.1.1.1", .dst = "10.0.0.1", .ihl = 4} / UDP{},
	               Outcome::denied, lying_permitted});
	return all;
}

// What the natively compiled parser says of a frame, in the terms of an event.
tmon_event parse_natively(const Bytes& frame) {
	// A copy of exactly this size, so that the sanitizer sees a read beyond its end.
	const std::unique_ptr<uint8_t[]> copy(new uint8_t[frame.size()]);
	std::memcpy(copy.get(), frame.data(), frame.size());
	const uint8_t* end = copy.get() + frame.size();
	tmon_frame parsed;
	tmon_classify(copy.get(), end, static_cast<uint32_t>(frame.size()), &parsed);
	tmon_exempt(&parsed, end);
	tmon_event event{};
	event.src_port = parsed.src_port;
	event.dst_port = parsed.dst_port;
	event.ip_version = parsed.ip_version;
	event.protocol = parsed.protocol;
	event.tcp_flags = parsed.tcp_flags;
	event.packet_size = tmon_packet_size(&parsed);
	event.vlan = parsed.vlan;
	event.reason = parsed.reason;
	event.flags = parsed.flags;
	return event;
}

void check_event(const tmon_event& got, const tmon_event& wanted) {
	BOOST_TEST(std::vector<int>(got.src, got.src + 16) == std::vector<int>(wanted.src, wanted.src + 16),
	           boost::test_tools::per_element());
	BOOST_TEST(std::vector<int>(got.dst, got.dst + 16) == std::vector<int>(wanted.dst, wanted.dst + 16),
	           boost::test_tools::per_element());
	BOOST_TEST(got.src_port == wanted.src_port);
	BOOST_TEST(got.dst_port == wanted.dst_port);
	BOOST_TEST(int{got.ip_version} == int{wanted.ip_version});
	BOOST_TEST(int{got.protocol} == int{wanted.protocol});
	BOOST_TEST(int{got.tcp_flags} == int{wanted.tcp_flags});
	BOOST_TEST(got.packet_size == wanted.packet_size);
	BOOST_TEST(got.vlan == wanted.vlan);
	BOOST_TEST(int{got.reason} == int{wanted.reason});
	BOOST_TEST(int{got.flags} == int{wanted.flags});
	BOOST_TEST(got.entry == wanted.entry);
}

uint64_t monotonic_ns() {
	timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t unfiltered(const tmon_counters& counters, tmon_verdict verdict) {
	uint64_t sum = 0;
	for (const tmon_count& count : counters.verdicts[verdict])
		sum += count.packets;
	return sum;
}

} // namespace

BOOST_AUTO_TEST_SUITE(program, *test::needs_root())

BOOST_AUTO_TEST_CASE(verdict_counters_and_event_of_every_frame) {
	for (const bool drop : {false, true}) {
		Loaded loaded(drop);
		for (const Case& item : cases()) {
			BOOST_TEST_CONTEXT((drop ? "drop mode: " : "log mode: ") << item.name) {
				const PacketTotals before = loaded.totals();
				const tmon_counters counters_before = loaded.filter.counters(0);
				const uint64_t start_ns = monotonic_ns();
				const uint32_t verdict = loaded.run(item.frame);
				const uint64_t end_ns = monotonic_ns();
				const PacketTotals after = loaded.totals();
				const tmon_counters counters_after = loaded.filter.counters(0);

				const bool denied = item.outcome == Outcome::denied;
				BOOST_TEST(verdict == (denied && drop ? kDrop : kPass));
				BOOST_TEST(after.seen - before.seen == 1u);
				BOOST_TEST(after.permitted - before.permitted == (item.outcome == Outcome::permitted ? 1u : 0u));
				BOOST_TEST(after.denied - before.denied == (denied ? 1u : 0u));
				BOOST_TEST(after.dropped - before.dropped == (denied && drop ? 1u : 0u));
				const auto grown = [&](tmon_verdict which) {
					return unfiltered(counters_after, which) - unfiltered(counters_before, which);
				};
				BOOST_TEST(grown(TMON_VERDICT_UNFILTERED_ARP) == (item.outcome == Outcome::arp ? 1u : 0u));
				BOOST_TEST(grown(TMON_VERDICT_UNFILTERED_ND) == (item.outcome == Outcome::nd ? 1u : 0u));
				BOOST_TEST(grown(TMON_VERDICT_UNFILTERED_DHCP) == (item.outcome == Outcome::dhcp ? 1u : 0u));
				BOOST_TEST(grown(TMON_VERDICT_UNFILTERED_NON_IP) == (item.outcome == Outcome::non_ip ? 1u : 0u));

				const std::optional<tmon_event> event = loaded.next_event();
				BOOST_TEST(event.has_value() == denied);
				if (!event || !denied)
					continue;
				check_event(*event, item.event);
				BOOST_TEST(int{event->action} == int(drop ? TMON_ACTION_DROP : TMON_ACTION_LOG));
				BOOST_TEST(event->ifindex == if_nametoindex("lo"));
				BOOST_TEST(event->time_ns >= start_ns);
				BOOST_TEST(event->time_ns <= end_ns);
				BOOST_TEST(counters_after.denied_by_reason[item.event.reason] -
				               counters_before.denied_by_reason[item.event.reason] == 1u);
			}
		}
		Totals totals;
		totals.packets = loaded.totals();
		totals.reported = loaded.rings.head(0);
		BOOST_TEST(imbalances(totals).empty());
	}
}

BOOST_AUTO_TEST_CASE(every_truncation_is_judged_as_the_native_parser_says) {
	Loaded loaded(true);
	const Bytes whole[] = {
	    Ethernet{} / stranger / TCP{.dport = 80} / Payload(8),
	    Ethernet{} / Vlan{.id = 5} / Vlan{.id = 6} / stranger / UDP{} / Payload(8),
	    Ethernet{} / stranger6 / HopByHop{} / Fragment{.more = true} / TCP{} / Payload(8),
	    Ethernet{} / stranger6 / AuthenticationHeader{} / ICMPv6{} / Payload(8),
	};
	for (const Bytes& frame : whole) {
		for (std::size_t size = 14; size <= frame.size(); ++size) {
			BOOST_TEST_CONTEXT("first " << size << " of " << frame.size() << " bytes") {
				const Bytes part = cut(frame, size);
				BOOST_TEST(loaded.run(part) == kDrop);
				const std::optional<tmon_event> event = loaded.next_event();
				BOOST_REQUIRE(event.has_value());
				tmon_event native = parse_natively(part);
				std::memcpy(native.src, event->src, 32);
				check_event(*event, native);
			}
		}
	}
}

BOOST_AUTO_TEST_CASE(random_frames_are_judged_as_the_native_parser_says) {
	Loaded loaded(true);
	uint64_t state = 88172645463325252ull; // xorshift64
	const auto random = [&] {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		return state;
	};
	const Bytes bases[] = {
	    Ethernet{} / stranger / TCP{.dport = 80} / Payload(30),
	    Ethernet{} / Vlan{.id = 5} / stranger / SCTP{} / Payload(30),
	    Ethernet{} / stranger6 / HopByHop{} / Routing{} / Fragment{} / AuthenticationHeader{} / TCP{} / Payload(30),
	    Ethernet{} / stranger6 / DestinationOptions{} / DestinationOptions{} / UDP{} / Payload(30),
	};
	for (int i = 0; i < 20'000; ++i) {
		Bytes frame = bases[random() % 4];
		for (uint64_t changes = random() % 4; changes > 0; --changes)
			frame[12 + random() % (frame.size() - 12)] = static_cast<uint8_t>(random());
		loaded.run(frame);
		const std::optional<tmon_event> event = loaded.next_event();
		if (!event)
			continue;
		tmon_event native = parse_natively(frame);
		std::memcpy(native.src, event->src, 32);
		std::memcpy(&native.time_ns, &event->time_ns, sizeof native.time_ns);
		native.action = event->action;
		native.ifindex = event->ifindex;
		BOOST_REQUIRE_MESSAGE(std::memcmp(&native, &*event, sizeof native) == 0, "frame " << i << " differs");
	}
}

BOOST_AUTO_TEST_CASE(the_ring_keeps_the_newest_and_the_loss_is_exact) {
	Loaded loaded(false);
	const Bytes frame = Ethernet{} / stranger / UDP{};
	const uint64_t slots = loaded.rings.slots();
	BOOST_TEST(slots == 1024u);
	const uint64_t total = slots * 3 + 17;
	for (uint64_t i = 0; i < total; ++i)
		loaded.run(frame);
	EventBuffer large{4096};
	uint64_t cursor = 0;
	const RingRead read = loaded.rings.read(0, cursor, large);
	BOOST_TEST(read.count == slots - 1);
	BOOST_TEST(read.lost == total - (slots - 1));
	BOOST_TEST(read.first_seq == read.lost);
	BOOST_TEST(cursor == total);
}

BOOST_AUTO_TEST_CASE(nobody_can_write_the_rings) {
	Loaded loaded(false);
	const int rings = loaded.filter.rings_descriptor();
	const uint32_t key = 0;
	tmon_event event{};
	BOOST_TEST(bpf_map_update_elem(rings, &key, &event, BPF_ANY) == -EPERM);
	BOOST_TEST((mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, rings, 0) == MAP_FAILED));
	void* readable = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, rings, 0);
	BOOST_REQUIRE((readable != MAP_FAILED));
	BOOST_TEST(mprotect(readable, 4096, PROT_READ | PROT_WRITE) == -1);
	munmap(readable, 4096);
}

BOOST_AUTO_TEST_CASE(without_prefixes_everything_with_a_source_is_denied) {
	FilterOptions nothing = options(false);
	nothing.rules.policy.entries.clear();
	const XdpFilter filter(nothing);
	test::xdp_test_run(filter.program_descriptor(0), Ethernet{} / IPv4{.src = "10.1.1.1"} / UDP{});
	test::xdp_test_run(filter.program_descriptor(0), Ethernet{} / IPv6{.src = "fd00::2"} / UDP{});
	PacketTotals totals;
	totals.add(filter.counters(0));
	BOOST_TEST(totals.denied == 2u);
}

bool is_readable(int descriptor) {
	pollfd wait{descriptor, POLLIN, 0};
	return poll(&wait, 1, 0) == 1;
}

BOOST_AUTO_TEST_CASE(the_doorbell_rings_once_for_each_time_it_is_armed_whichever_program_reports) {
	FilterOptions two = options(false);
	two.interfaces.push_back({if_nametoindex("lo"), "again"});
	const XdpFilter filter(two);
	Doorbell doorbell(filter.maps());
	const Bytes denied = Ethernet{} / stranger / UDP{};
	for (const std::size_t interface : {0u, 1u, 0u}) {
		test::xdp_test_run(filter.program_descriptor(interface), denied);
		BOOST_TEST(!is_readable(doorbell.descriptor()));
		doorbell.arm();
		test::xdp_test_run(filter.program_descriptor(interface), Ethernet{} / Arp{});
		BOOST_TEST(!is_readable(doorbell.descriptor()));
		test::xdp_test_run(filter.program_descriptor(interface), denied);
		BOOST_TEST(is_readable(doorbell.descriptor()));
		doorbell.answer();
		test::xdp_test_run(filter.program_descriptor(interface), denied);
		BOOST_TEST(!is_readable(doorbell.descriptor()));
	}
}

BOOST_AUTO_TEST_CASE(interfaces_are_counted_apart_and_share_the_rings) {
	FilterOptions two = options(false);
	two.interfaces.push_back({if_nametoindex("lo"), "again"});
	const XdpFilter filter(two);
	const Bytes denied = Ethernet{} / stranger / UDP{};
	test::xdp_test_run(filter.program_descriptor(0), denied);
	test::xdp_test_run(filter.program_descriptor(1), denied);
	test::xdp_test_run(filter.program_descriptor(1), Ethernet{} / Arp{});
	BOOST_TEST(filter.counters(0).seen == 1u);
	BOOST_TEST(filter.counters(1).seen == 2u);
	BOOST_TEST(EventRings(filter.rings_descriptor()).head(0) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
