// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/scenario.hpp"

#include "traffic-gen/ranges.hpp"

#include <numeric>
#include <stdexcept>
#include <utility>

namespace tmon {

using namespace packet;

namespace {

// Draws the family of each packet, among those wanted.
bool draw_v6(const ScenarioOptions& options, Random& random) {
	return options.families == Families::v6 || (options.families == Families::both && random.chance(2));
}

Endpoints endpoints_from(const ScenarioOptions& options, const IpAddress& src) {
	const bool v6 = std::holds_alternative<Ipv6Address>(src);
	return {options.src_mac, options.dst_mac, src, v6 ? IpAddress(options.dst6) : IpAddress(options.dst)};
}

// Conversations of many hosts, interleaved. A host never talks to itself: such a packet is a martian.
class Conversations {
public:
	Conversations(const ScenarioOptions& options, bool permitted) : options_(options), permitted_(permitted) {}

	Traits next(Random& random, Bytes& out) {
		const bool v6 = draw_v6(options_, random);
		auto& pool = pools_[v6 ? 1 : 0];
		const uint32_t slot = random.below(concurrent);
		while (pool.size() <= slot)
			pool.push_back(begin(v6, random));
		Flow& flow = pool[slot];
		if (flow.done())
			flow = begin(v6, random);
		flow.next(random, out);
		return {permitted_, v6, flow.protocol()};
	}

private:
	static constexpr uint32_t concurrent = 64; // in each family

	Flow begin(bool v6, Random& random) const {
		return Flow(endpoints_from(options_, source(v6, random)), options_.mtu, random);
	}

	IpAddress source(bool v6, Random& random) const {
		for (;;) {
			if (v6) {
				const auto src = permitted_ ? random_permitted6(random) : random_documentation6(random);
				if (src != options_.dst6)
					return src;
			} else {
				const auto src = permitted_ ? random_permitted4(random) : random_documentation4(random);
				if (src != options_.dst)
					return src;
			}
		}
	}

	const ScenarioOptions& options_;
	bool permitted_;
	std::array<std::vector<Flow>, 2> pools_;
};

class Benign : public Scenario {
public:
	explicit Benign(const ScenarioOptions& options) : options_(options), random_(options.seed) {}

	Traits next(Bytes& out) override { return permitted_.next(random_, out); }

private:
	ScenarioOptions options_;
	Random random_;
	Conversations permitted_{options_, true};
};

class Mixed : public Scenario {
public:
	explicit Mixed(const ScenarioOptions& options) : options_(options), random_(options.seed) {}

	Traits next(Bytes& out) override {
		return random_.chance(2) ? permitted_.next(random_, out) : denied_.next(random_, out);
	}

private:
	ScenarioOptions options_;
	Random random_;
	Conversations permitted_{options_, true};
	Conversations denied_{options_, false};
};

IpAddress scanner_of(const ScenarioOptions& options) {
	if (!options.scanner)
		return options.families == Families::v6 ? parse_ip("2001:db8::7") : parse_ip("203.0.113.7");
	const bool v6 = std::holds_alternative<Ipv6Address>(*options.scanner);
	if (options.families == (v6 ? Families::v4 : Families::v6))
		throw std::invalid_argument(v6 ? "the scanner is an IPv6 address, but only IPv4 is wanted"
					       : "the scanner is an IPv4 address, but only IPv6 is wanted");
	if (std::visit([](const auto& address) { return is_permitted(address); }, *options.scanner))
		throw std::invalid_argument("the scanner's address is a permitted one");
	return *options.scanner;
}

class PortScan : public Scenario {
public:
	explicit PortScan(const ScenarioOptions& options)
	    : options_(options), random_(options.seed), scanner_(scanner_of(options)), ports_(options.scan_ports) {
		std::iota(ports_.begin(), ports_.end(), uint16_t{1});
		for (uint32_t i = options.scan_ports; i > 1; --i)
			std::swap(ports_[i - 1], ports_[random_.below(i)]);
		scan_port_ = random_.port(32768, 60999);
	}

	Traits next(Bytes& out) override {
		if (count_++ % options_.scan_every != 0)
			return benign_.next(random_, out);
		const bool v6 = std::holds_alternative<Ipv6Address>(scanner_);
		const uint16_t port = ports_[scanned_++ % ports_.size()];
		Stack stack = Ethernet{.dst = options_.dst_mac, .src = options_.src_mac};
		if (v6)
			stack /= IPv6{.src = std::get<Ipv6Address>(scanner_), .dst = options_.dst6};
		else
			stack /= IPv4{.src = std::get<Ipv4Address>(scanner_), .dst = options_.dst};
		// Port scanners send small windows and no options from one port, with a fresh sequence number.
		stack /= TCP{
		    .sport = scan_port_, .dport = port, .seq = static_cast<uint32_t>(random_.bits()), .window = 1024};
		stack.append_to(out);
		return {false, v6, Protocol::tcp};
	}

private:
	ScenarioOptions options_;
	Random random_;
	IpAddress scanner_;
	std::vector<uint16_t> ports_;
	uint16_t scan_port_ = 0;
	uint64_t count_ = 0;
	uint64_t scanned_ = 0;
	Conversations benign_{options_, true};
};

// Every packet from another public address, to a few services, small as floods are.
class SpoofedFlood : public Scenario {
public:
	explicit SpoofedFlood(const ScenarioOptions& options) : options_(options), random_(options.seed) {}

	Traits next(Bytes& out) override {
		const bool v6 = draw_v6(options_, random_);
		Stack stack = Ethernet{.dst = options_.dst_mac, .src = options_.src_mac};
		const auto id = static_cast<uint16_t>(random_.bits());
		const auto ttl = static_cast<uint8_t>(random_.between(40, 250));
		if (v6)
			stack /= IPv6{.src = random_public6(random_), .dst = options_.dst6, .hop_limit = ttl};
		else
			stack /= IPv4{.src = random_public4(random_), .dst = options_.dst, .ttl = ttl, .id = id};
		const uint16_t sport = random_.port(1024, 65535);
		const uint32_t kind = random_.below(10);
		if (kind < 8)
			stack /= TCP{.sport = sport, .dport = 443, .seq = static_cast<uint32_t>(random_.bits())};
		else if (kind == 8)
			stack /= UDP{.sport = sport, .dport = 53} / Payload(32);
		else if (v6)
			stack /= ICMPv6{.id = sport, .sequence = id} / Payload(56);
		else
			stack /= ICMP{.id = sport, .sequence = id} / Payload(56);
		stack.append_to(out);
		return {false, v6, kind < 8 ? Protocol::tcp : kind == 8 ? Protocol::udp : Protocol::icmp};
	}

private:
	ScenarioOptions options_;
	Random random_;
};

} // namespace

std::unique_ptr<Scenario> make_scenario(const ScenarioOptions& options) {
	if (options.scan_every == 0 || options.scan_ports == 0 || options.scan_ports > 65535)
		throw std::invalid_argument("a scan takes from 1 to 65535 ports, and one packet in at least 1");
	if (options.mtu < 576 || options.mtu > 65535)
		throw std::invalid_argument("the MTU must be from 576 to 65535");
	switch (options.name) {
	case ScenarioName::benign:
		return std::make_unique<Benign>(options);
	case ScenarioName::port_scan:
		return std::make_unique<PortScan>(options);
	case ScenarioName::spoofed_flood:
		return std::make_unique<SpoofedFlood>(options);
	case ScenarioName::mixed:
		break;
	}
	return std::make_unique<Mixed>(options);
}

std::string_view to_string(ScenarioName name) {
	switch (name) {
	case ScenarioName::benign:
		return "benign";
	case ScenarioName::port_scan:
		return "port-scan";
	case ScenarioName::spoofed_flood:
		return "spoofed-flood";
	case ScenarioName::mixed:
		break;
	}
	return "mixed";
}

} // namespace tmon
