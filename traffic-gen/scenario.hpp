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

enum class ScenarioName { benign, mixed, port_scan, spoofed_flood };
enum class Families { v4, v6, both };

struct ScenarioOptions {
	ScenarioName name = ScenarioName::mixed;
	uint64_t seed = 1;
	Families families = Families::both;
	packet::Ipv4Address dst = packet::default_dst4;
	packet::Ipv6Address dst6 = packet::default_dst6;
	packet::MacAddress src_mac = packet::default_src_mac;
	packet::MacAddress dst_mac = packet::default_dst_mac;
	uint32_t mtu = 1500; // largest IP length, from 576
	// Of port_scan only. The scan keeps to the scanner's family.
	std::optional<packet::IpAddress> scanner = {}; // 203.0.113.7; 2001:db8::7 when families is v6
	uint32_t scan_every = 4; // one packet in so many is the scan's, the first to begin with
	uint32_t scan_ports = 1024; // ports 1 to N in shuffled order, over and over
};

// What a packet counts as.
struct Traits {
	bool permitted = false; // by configs/default.json
	bool v6 = false;
	Protocol protocol = Protocol::tcp;
};

// An endless sequence of packets that depends on its options alone.
class Scenario {
public:
	virtual ~Scenario() = default;

	// Appends the next frame to `out`.
	virtual Traits next(packet::Bytes& out) = 0;
};

// Throws std::invalid_argument where the options contradict each other, with a text for people.
std::unique_ptr<Scenario> make_scenario(const ScenarioOptions& options);

std::string_view to_string(ScenarioName name);

} // namespace tmon
