// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/scenario.hpp"

#include "traffic-gen/checksum.hpp"
#include "traffic-gen/ranges.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <span>

using namespace tmon;
using namespace tmon::packet;

namespace tmon {

static std::ostream& operator<<(std::ostream& out, ScenarioName name) { return out << to_string(name); }

} // namespace tmon

namespace {

// Whose packets are whole and plain; evasion has a test of its own.
constexpr ScenarioName plain_names[] = {ScenarioName::benign,    ScenarioName::mixed,	 ScenarioName::port_scan,
					ScenarioName::host_sweep, ScenarioName::syn_flood, ScenarioName::spoofed_flood,
					ScenarioName::brute_force};

uint16_t word(std::span<const uint8_t> bytes, std::size_t at) {
	return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// A frame read back with nothing of the builder's.
struct Seen {
	bool v6 = false;
	uint8_t protocol = 0;
	IpAddress src;
	IpAddress dst;
	std::span<const uint8_t> l4;
	bool permitted = false;
	bool checksums_good = false;
};

template <std::size_t N>
std::array<uint8_t, N> copy(std::span<const uint8_t> bytes) {
	std::array<uint8_t, N> out{};
	std::copy_n(bytes.begin(), N, out.begin());
	return out;
}

Seen read_frame(std::span<const uint8_t> frame) {
	Seen seen;
	const auto ip = frame.subspan(14);
	uint64_t sum = 0;
	bool header_good = true;
	if (word(frame, 12) == 0x86dd) {
		seen.v6 = true;
		seen.protocol = ip[6];
		const Ipv6Address src(copy<16>(ip.subspan(8)));
		seen.src = src;
		seen.dst = Ipv6Address(copy<16>(ip.subspan(24)));
		seen.permitted = is_permitted(src);
		seen.l4 = ip.subspan(40, word(ip, 4));
		sum = add_words(ip.subspan(8, 32));
		BOOST_TEST(ip.size() == 40u + word(ip, 4));
	} else {
		BOOST_TEST(word(frame, 12) == 0x0800);
		seen.protocol = ip[9];
		const Ipv4Address src(copy<4>(ip.subspan(12)));
		seen.src = src;
		seen.dst = Ipv4Address(copy<4>(ip.subspan(16)));
		seen.permitted = is_permitted(src);
		header_good = internet_checksum(ip.subspan(0, 20)) == 0;
		seen.l4 = ip.subspan(20);
		sum = add_words(ip.subspan(12, 8));
		BOOST_TEST(ip.size() == word(ip, 2));
	}
	sum += seen.l4.size() + seen.protocol;
	if (seen.protocol == 1)
		sum = 0;
	seen.checksums_good = header_good && fold(add_words(seen.l4, sum)) == 0;
	return seen;
}

Protocol protocol_of(uint8_t number) {
	return number == 6 ? Protocol::tcp : number == 17 ? Protocol::udp : Protocol::icmp;
}

bool permitted(const Traits& traits) { return traits.verdict == Verdict::permitted; }

// The attack's packets among the first `count`, read back.
struct Frames {
	std::vector<Bytes> bytes;
	std::vector<Seen> seen;
};
Frames denied_frames(const ScenarioOptions& options, int count) {
	const auto scenario = make_scenario(options);
	Frames found;
	for (int i = 0; i < count; ++i) {
		Bytes frame;
		if (scenario->next(frame).verdict == Verdict::denied)
			found.bytes.push_back(std::move(frame));
	}
	for (const Bytes& frame : found.bytes)
		found.seen.push_back(read_frame(frame));
	return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scenario)

BOOST_DATA_TEST_CASE(a_seed_decides_everything, boost::unit_test::data::make(all_scenarios)) {
	const auto take = [&](uint64_t seed) {
		const auto scenario = make_scenario({.name = sample, .seed = seed});
		Bytes all;
		for (int i = 0; i < 1000; ++i)
			scenario->next(all);
		return all;
	};
	BOOST_TEST((take(7) == take(7)));
	BOOST_TEST((take(7) != take(8)));
}

BOOST_DATA_TEST_CASE(packets_are_sound_and_what_they_count_as, boost::unit_test::data::make(plain_names)) {
	for (const Families families : {Families::v4, Families::v6, Families::both}) {
		const ScenarioOptions options{.name = sample, .families = families, .mtu = 1280};
		const auto scenario = make_scenario(options);
		std::size_t v6 = 0;
		for (int i = 0; i < 4000; ++i) {
			Bytes frame;
			const Traits traits = scenario->next(frame);
			const Seen seen = read_frame(frame);
			BOOST_REQUIRE(seen.checksums_good);
			BOOST_REQUIRE(frame.size() <= 14u + 1280u);
			BOOST_REQUIRE((traits.family == (seen.v6 ? Family::v6 : Family::v4)));
			BOOST_REQUIRE((traits.verdict == (seen.permitted ? Verdict::permitted : Verdict::denied)));
			BOOST_REQUIRE((traits.protocol == protocol_of(seen.protocol)));
			if (sample != ScenarioName::host_sweep)
				BOOST_REQUIRE((seen.dst == (seen.v6 ? IpAddress(options.dst6) : IpAddress(options.dst))));
			BOOST_REQUIRE((seen.src != seen.dst));
			v6 += seen.v6;
		}
		if (families == Families::v4)
			BOOST_TEST(v6 == 0u);
		if (families == Families::v6)
			BOOST_TEST(v6 == 4000u);
		if (families == Families::both)
			BOOST_TEST((v6 > 1000u && v6 < 3000u));
	}
}

BOOST_AUTO_TEST_CASE(benign_is_permitted_and_of_all_protocols_and_sizes) {
	const auto scenario = make_scenario({.name = ScenarioName::benign});
	std::set<Protocol> protocols;
	std::set<std::size_t> sizes;
	for (int i = 0; i < 5000; ++i) {
		Bytes frame;
		const Traits traits = scenario->next(frame);
		BOOST_REQUIRE(permitted(traits));
		protocols.insert(traits.protocol);
		sizes.insert(frame.size());
	}
	BOOST_TEST(protocols.size() == 3u);
	BOOST_TEST(sizes.size() > 300u);
	BOOST_TEST(*sizes.begin() == 54u);
	BOOST_TEST(*sizes.rbegin() >= 1494u);
	BOOST_TEST(*sizes.rbegin() <= 1514u);
}

BOOST_AUTO_TEST_CASE(tcp_flows_begin_with_syn_and_number_their_octets) {
	Random random(3);
	const Endpoints ends{default_src_mac, default_dst_mac, default_src4, default_dst4};
	int seen_flows = 0;
	while (seen_flows < 20) {
		Flow flow(ends, 1500, random);
		if (flow.protocol() != Protocol::tcp)
			continue;
		++seen_flows;
		uint32_t expected = 0;
		for (int i = 0; !flow.done(); ++i) {
			Bytes frame;
			flow.next(random, frame);
			const Seen seen = read_frame(frame);
			const uint32_t seq = uint32_t{word(seen.l4, 4)} << 16 | word(seen.l4, 6);
			const uint8_t flags = seen.l4[13];
			BOOST_TEST(((flags & tcp_flag::syn) != 0) == (i == 0));
			BOOST_TEST(((flags & tcp_flag::fin) != 0) == flow.done());
			if (i > 0)
				BOOST_TEST(seq == expected);
			const std::size_t data = seen.l4.size() - std::size_t{seen.l4[12]} / 16 * 4;
			expected = seq + static_cast<uint32_t>(data) + (i == 0 ? 1 : 0);
		}
	}
}

BOOST_AUTO_TEST_CASE(mixed_is_half_denied_from_documentation_ranges) {
	const auto scenario = make_scenario({.name = ScenarioName::mixed});
	int denied = 0;
	for (int i = 0; i < 10000; ++i) {
		Bytes frame;
		if (permitted(scenario->next(frame)))
			continue;
		++denied;
		const Seen seen = read_frame(frame);
		if (seen.v6) {
			const auto& b = std::get<Ipv6Address>(seen.src).bytes;
			BOOST_REQUIRE((b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8));
		} else {
			const uint32_t network = std::get<Ipv4Address>(seen.src).host_order() >> 8;
			BOOST_REQUIRE((network == 0xc00002 || network == 0xc63364 || network == 0xcb0071));
		}
	}
	BOOST_TEST((denied > 4700 && denied < 5300)); // six standard deviations
}

BOOST_AUTO_TEST_CASE(a_scan_visits_each_port_once_a_round) {
	const auto scenario = make_scenario({.name = ScenarioName::port_scan, .every = 5, .scan_ports = 100});
	std::multiset<uint16_t> ports;
	for (int i = 0; i < 1000; ++i) {
		Bytes frame;
		const Traits traits = scenario->next(frame);
		BOOST_REQUIRE(permitted(traits) == (i % 5 != 0));
		if (permitted(traits))
			continue;
		const Seen seen = read_frame(frame);
		BOOST_REQUIRE((seen.src == parse_ip("203.0.113.7")));
		BOOST_REQUIRE(seen.l4[13] == tcp_flag::syn);
		ports.insert(word(seen.l4, 2));
	}
	BOOST_TEST(ports.size() == 200u);
	for (uint16_t port = 1; port <= 100; ++port)
		BOOST_TEST(ports.count(port) == 2u);
}

BOOST_AUTO_TEST_CASE(a_flood_comes_from_public_addresses_that_do_not_repeat) {
	const auto scenario = make_scenario({.name = ScenarioName::spoofed_flood});
	std::set<IpAddress> sources;
	for (int i = 0; i < 10000; ++i) {
		Bytes frame;
		BOOST_REQUIRE(!permitted(scenario->next(frame)));
		const Seen seen = read_frame(frame);
		BOOST_REQUIRE(std::visit([](const auto& address) { return is_public(address); }, seen.src));
		sources.insert(seen.src);
	}
	BOOST_TEST(sources.size() == 10000u);
}

BOOST_AUTO_TEST_CASE(scanners_take_turns_and_each_visits_all_ports) {
	const ScenarioOptions options{.name = ScenarioName::port_scan, .attackers = 3, .every = 2, .scan_ports = 50};
	const auto attackers = make_scenario(options)->attackers();
	BOOST_TEST((attackers == std::vector{parse_ip("203.0.113.7"), parse_ip("203.0.113.8"), parse_ip("203.0.113.9")}));
	std::set<std::pair<IpAddress, uint16_t>> pairs;
	for (const Seen& seen : denied_frames(options, 300).seen)
		pairs.emplace(seen.src, word(seen.l4, 2));
	BOOST_TEST(pairs.size() == 150u);
}

BOOST_AUTO_TEST_CASE(attackers_addresses_carry) {
	const auto six = make_scenario({.name = ScenarioName::port_scan,
					.attacker = parse_ip("2001:db8::1:ffff"),
					.attackers = 2});
	BOOST_TEST((six->attackers()[1] == parse_ip("2001:db8::2:0")));
	const auto four = make_scenario({.name = ScenarioName::brute_force,
					 .attacker = parse_ip("198.51.100.255"),
					 .attackers = 2});
	BOOST_TEST((four->attackers()[1] == parse_ip("198.51.101.0")));
}

BOOST_AUTO_TEST_CASE(a_sweep_tries_one_port_on_each_host) {
	const ScenarioOptions options{.name = ScenarioName::host_sweep, .dst = "10.0.0.250", .sweep_hosts = 20};
	std::multiset<IpAddress> hosts;
	for (const Seen& seen : denied_frames(options, 160).seen) {
		BOOST_TEST((seen.src == parse_ip("203.0.113.7")));
		BOOST_TEST(word(seen.l4, 2) == 445u);
		BOOST_TEST(seen.l4[13] == tcp_flag::syn);
		hosts.insert(seen.dst);
	}
	BOOST_TEST(hosts.size() == 40u);
	for (uint32_t i = 0; i < 20; ++i)
		BOOST_TEST(hosts.count(Ipv4Address(0x0a0000fa + i)) == 2u);
}

BOOST_AUTO_TEST_CASE(a_syn_flood_has_as_many_sources_as_wanted) {
	const ScenarioOptions options{.name = ScenarioName::syn_flood, .port = uint16_t{8443}, .sources = 12};
	const auto expected = make_scenario(options)->attackers();
	std::set<IpAddress> sources;
	const Frames frames = denied_frames(options, 1000);
	BOOST_TEST(frames.seen.size() == 1000u);
	for (const Seen& seen : frames.seen) {
		BOOST_REQUIRE(seen.l4[13] == tcp_flag::syn);
		BOOST_REQUIRE(word(seen.l4, 2) == 8443u);
		sources.insert(seen.src);
	}
	BOOST_TEST((sources == std::set<IpAddress>(expected.begin(), expected.end())));
	BOOST_TEST(expected.size() == 12u);
	BOOST_TEST(make_scenario({.name = ScenarioName::syn_flood, .sources = 1001})->attackers().empty());
}

BOOST_AUTO_TEST_CASE(brute_force_opens_and_closes_conversations_with_one_service) {
	const Frames frames = denied_frames({.name = ScenarioName::brute_force, .every = 3}, 3000);
	BOOST_TEST(frames.seen.size() == 1000u);
	std::set<uint16_t> clients;
	int opened = 0, closed = 0;
	uint32_t expected = 0;
	for (const Seen& seen : frames.seen) {
		const uint8_t flags = seen.l4[13];
		const uint32_t seq = uint32_t{word(seen.l4, 4)} << 16 | word(seen.l4, 6);
		BOOST_REQUIRE(word(seen.l4, 2) == 22u);
		if ((flags & tcp_flag::syn) != 0) {
			BOOST_TEST(opened == closed); // one after the other
			++opened;
			clients.insert(word(seen.l4, 0));
			expected = seq + 1;
			continue;
		}
		BOOST_REQUIRE(seq == expected);
		expected += static_cast<uint32_t>(seen.l4.size()) - seen.l4[12] / 16u * 4u;
		closed += (flags & tcp_flag::fin) != 0;
	}
	BOOST_TEST((opened >= 90 && opened <= 143)); // of 7 to 11 packets
	BOOST_TEST(clients.size() > 85u);
}

BOOST_AUTO_TEST_CASE(an_attacker_can_hide_in_a_flood_of_many_sources) {
	const ScenarioOptions options{.name = ScenarioName::port_scan,
				      .every = 1000,
				      .background = Background::flood,
				      .sources = 10'000'000};
	const Frames frames = denied_frames(options, 20000);
	BOOST_TEST(frames.seen.size() == 20000u);
	std::map<IpAddress, int> sources;
	for (const Seen& seen : frames.seen)
		++sources[seen.src];
	BOOST_TEST(sources[parse_ip("203.0.113.7")] == 20);
	BOOST_TEST(sources.size() > 19900u);
	for (const auto& [source, packets] : sources)
		BOOST_REQUIRE((packets <= 4 || source == parse_ip("203.0.113.7")));
}

BOOST_AUTO_TEST_CASE(a_pool_of_sources_is_used_up_and_kept_to) {
	for (const Families families : {Families::v4, Families::v6, Families::both}) {
		std::set<IpAddress> sources;
		for (const Seen& seen :
		     denied_frames({.name = ScenarioName::spoofed_flood, .families = families, .sources = 500}, 10000).seen)
			sources.insert(seen.src);
		BOOST_TEST(sources.size() == 500u);
	}
}

BOOST_AUTO_TEST_CASE(contradicting_options_are_refused) {
	const auto refused = [](const ScenarioOptions& options) {
		BOOST_CHECK_THROW(make_scenario(options), std::invalid_argument);
	};
	const auto scan = ScenarioName::port_scan;
	refused({.name = scan, .attacker = parse_ip("10.1.2.3")});
	refused({.name = scan, .attacker = parse_ip("fd00::3")});
	refused({.name = scan, .families = Families::v6, .attacker = parse_ip("203.0.113.9")});
	refused({.name = scan, .families = Families::v4, .attacker = parse_ip("2001:db8::9")});
	refused({.name = scan, .every = 0});
	refused({.name = scan, .scan_ports = 0});
	refused({.name = scan, .scan_ports = 65536});
	refused({.name = scan, .attackers = 0});
	refused({.name = scan, .attackers = 65537});
	refused({.name = scan, .attacker = parse_ip("9.255.255.255"), .attackers = 2}); // the next is permitted
	refused({.name = ScenarioName::host_sweep, .sweep_hosts = 0});
	refused({.name = ScenarioName::spoofed_flood, .sources = 1ull << 32});
	refused({.mtu = 575});
}

BOOST_AUTO_TEST_SUITE_END()
