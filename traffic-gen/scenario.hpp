// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/flow.hpp"
#include "traffic-gen/packet.hpp"
#include "traffic-gen/random.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

enum class ScenarioName {
	benign,
	mixed,
	port_scan,
	host_sweep,
	syn_flood,
	spoofed_flood,
	brute_force,
	evasion,
};
inline constexpr std::array all_scenarios = {
    ScenarioName::benign,    ScenarioName::mixed,         ScenarioName::port_scan,   ScenarioName::host_sweep,
    ScenarioName::syn_flood, ScenarioName::spoofed_flood, ScenarioName::brute_force, ScenarioName::evasion,
};
enum class Families { v4, v6, both };
enum class Background { benign, flood };

struct ScenarioOptions {
	ScenarioName name = ScenarioName::mixed;
	uint64_t seed = 1;
	Families families = Families::both;
	packet::Ipv4Address dst = packet::default_dst4;
	packet::Ipv6Address dst6 = packet::default_dst6;
	packet::MacAddress src_mac = packet::default_src_mac;
	packet::MacAddress dst_mac = packet::default_dst_mac;
	uint32_t mtu = 1500; // largest IP length, from 576

	// Of the attacks: port_scan, host_sweep, brute_force and, but for the attackers, syn_flood. An attack keeps to
	// its attacker's family.
	std::optional<packet::IpAddress> attacker = {}; // the first; 203.0.113.7, 2001:db8::7 when families is v6
	uint32_t attackers = 1;                         // with successive addresses, taking turns
	std::optional<uint32_t> every =
	    {}; // one packet in so many is the attack's, the first to begin with; 4, syn_flood 1
	Background background = Background::benign; // all others
	std::optional<uint16_t> port = {};          // host_sweep 445, syn_flood 443, brute_force 22
	uint32_t scan_ports = 1024;                 // port_scan: ports 1 to N in shuffled order, over and over
	uint32_t sweep_hosts = 256;                 // host_sweep: the destination and those behind it, likewise

	// Distinct sources of spoofed_flood, of a flood in the background, and of syn_flood when that is not set; 0:
	// each packet has another. Below 2^32. Nothing: 0, syn_flood 100.
	std::optional<uint64_t> sources = {};
};

// What the filter is to make of a packet by configs/default.json; see docs/packets.md. What is undecidable is denied.
enum class Verdict : uint8_t { permitted, denied, undecidable, unfiltered };

// As the filter counts it: none is what is not IP or does not hold a sound IP header.
enum class Family : uint8_t { v4, v6, none };

struct Traits {
	Verdict verdict = Verdict::denied;
	Family family = Family::v4;
	Protocol protocol = Protocol::tcp;
};

// An endless sequence of packets that depends on its options alone.
class Scenario {
public:
	virtual ~Scenario() = default;

	// Appends the next frame to `out`.
	virtual Traits next(packet::Bytes& out) = 0;

	// Whom a detector should find; empty when there is none, or when they are too many to tell (over 1000).
	virtual std::vector<packet::IpAddress> attackers() const { return {}; }
};

// Throws std::invalid_argument where the options contradict each other, with a text for people.
std::unique_ptr<Scenario> make_scenario(const ScenarioOptions& options);

std::string_view to_string(ScenarioName name);

} // namespace tmon
