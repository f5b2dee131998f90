// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/scenario.hpp"

#include "traffic-gen/attacks.hpp"
#include "traffic-gen/conversations.hpp"
#include "traffic-gen/evasion.hpp"
#include "traffic-gen/flood.hpp"

#include <stdexcept>

namespace tmon {

using namespace packet;

namespace {

class Benign : public Scenario {
public:
	explicit Benign(const ScenarioOptions& options) : random_(options.seed), permitted_(options, true) {}

	Traits next(Bytes& out) override { return permitted_.next(random_, out); }

private:
	Random random_;
	Conversations permitted_;
};

class Mixed : public Scenario {
public:
	explicit Mixed(const ScenarioOptions& options)
	    : random_(options.seed), permitted_(options, true), denied_(options, false) {}

	Traits next(Bytes& out) override {
		return random_.chance(2) ? permitted_.next(random_, out) : denied_.next(random_, out);
	}

private:
	Random random_;
	Conversations permitted_;
	Conversations denied_;
};

// Every packet from another public address, or from one of a pool.
class SpoofedFlood : public Scenario {
public:
	explicit SpoofedFlood(const ScenarioOptions& options) : random_(options.seed), flood_(options) {}

	Traits next(Bytes& out) override { return flood_.next(random_, out); }

private:
	Random random_;
	Flood flood_;
};

void check(const ScenarioOptions& options) {
	if (options.every == 0 || options.attackers == 0 || options.attackers > 65536)
		throw std::invalid_argument("an attack is of 1 to 65536 attackers, and of one packet in at least 1");
	if (options.scan_ports == 0 || options.scan_ports > 65535)
		throw std::invalid_argument("a scan takes from 1 to 65535 ports");
	if (options.sweep_hosts == 0 || options.sweep_hosts > 1u << 24)
		throw std::invalid_argument("a sweep takes from 1 to 16777216 hosts");
	if (options.sources.value_or(0) > UINT32_MAX)
		throw std::invalid_argument("sources are at most 4294967295");
	if (options.mtu < 576 || options.mtu > 65535)
		throw std::invalid_argument("the MTU must be from 576 to 65535");
}

} // namespace

std::unique_ptr<Scenario> make_scenario(const ScenarioOptions& options) {
	check(options);
	switch (options.name) {
	case ScenarioName::benign:
		return std::make_unique<Benign>(options);
	case ScenarioName::mixed:
		return std::make_unique<Mixed>(options);
	case ScenarioName::spoofed_flood:
		return std::make_unique<SpoofedFlood>(options);
	case ScenarioName::evasion:
		return make_evasion(options);
	case ScenarioName::port_scan:
	case ScenarioName::host_sweep:
	case ScenarioName::syn_flood:
	case ScenarioName::brute_force:
		break;
	}
	return make_attack(options);
}

std::string_view to_string(ScenarioName name) {
	switch (name) {
	case ScenarioName::benign:
		return "benign";
	case ScenarioName::port_scan:
		return "port-scan";
	case ScenarioName::host_sweep:
		return "host-sweep";
	case ScenarioName::syn_flood:
		return "syn-flood";
	case ScenarioName::spoofed_flood:
		return "spoofed-flood";
	case ScenarioName::brute_force:
		return "brute-force";
	case ScenarioName::evasion:
		return "evasion";
	case ScenarioName::mixed:
		break;
	}
	return "mixed";
}

} // namespace tmon
