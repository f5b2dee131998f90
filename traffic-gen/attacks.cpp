// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/attacks.hpp"

#include "traffic-gen/conversations.hpp"
#include "traffic-gen/flood.hpp"
#include "traffic-gen/ranges.hpp"

#include <numeric>
#include <stdexcept>
#include <utility>

namespace tmon {

using namespace packet;

namespace {

constexpr uint64_t most_listed = 1000; // attackers

// The address so many behind; the low 32 bits carry no further.
Ipv4Address behind(const Ipv4Address& address, uint32_t steps) { return Ipv4Address(address.host_order() + steps); }
Ipv6Address behind(Ipv6Address address, uint32_t steps) {
	for (std::size_t i = 16; i-- > 12;) {
		steps += address.bytes[i];
		address.bytes[i] = static_cast<uint8_t>(steps);
		steps >>= 8;
	}
	return address;
}
IpAddress behind(const IpAddress& address, uint32_t steps) {
	return std::visit([&](const auto& any) { return IpAddress(behind(any, steps)); }, address);
}

std::vector<IpAddress> attackers_of(const ScenarioOptions& options) {
	const IpAddress first =
	    options.attacker.value_or(parse_ip(options.families == Families::v6 ? "2001:db8::7" : "203.0.113.7"));
	const bool v6 = std::holds_alternative<Ipv6Address>(first);
	if (options.families == (v6 ? Families::v4 : Families::v6))
		throw std::invalid_argument(v6 ? "the attacker is an IPv6 address, but only IPv4 is wanted"
		                               : "the attacker is an IPv4 address, but only IPv6 is wanted");
	std::vector<IpAddress> all;
	for (uint32_t i = 0; i < options.attackers; ++i) {
		all.push_back(behind(first, i));
		if (std::visit([](const auto& address) { return is_permitted(address); }, all.back()))
			throw std::invalid_argument(i == 0 ? "the attacker's address is a permitted one"
			                                   : "the attackers' addresses reach into permitted ones");
	}
	return all;
}

Traits denied_tcp(const IpAddress& src) {
	return {Verdict::denied, std::holds_alternative<Ipv6Address>(src) ? Family::v6 : Family::v4, Protocol::tcp};
}

Stack ip_from(const ScenarioOptions& options, const IpAddress& src, uint32_t host = 0) {
	const Ethernet ethernet{.dst = options.dst_mac, .src = options.src_mac};
	if (const auto* v6 = std::get_if<Ipv6Address>(&src))
		return ethernet / IPv6{.src = *v6, .dst = behind(options.dst6, host)};
	return ethernet / IPv4{.src = std::get<Ipv4Address>(src), .dst = behind(options.dst, host)};
}

std::vector<uint32_t> shuffled(uint32_t first, uint32_t count, Random& random) {
	std::vector<uint32_t> numbers(count);
	std::iota(numbers.begin(), numbers.end(), first);
	for (uint32_t i = count; i > 1; --i)
		std::swap(numbers[i - 1], numbers[random.below(i)]);
	return numbers;
}

// One packet in `every` is the attack's, all others are the background's.
class Attack : public Scenario {
public:
	Attack(const ScenarioOptions& options, uint32_t every)
	    : options_(options), random_(options.seed), every_(options.every.value_or(every)), benign_(options, true),
	      flood_(options) {}

	Traits next(Bytes& out) final {
		if (count_++ % every_ == 0)
			return attack(out);
		return options_.background == Background::flood ? flood_.next(random_, out)
		                                                : benign_.next(random_, out);
	}

protected:
	virtual Traits attack(Bytes& out) = 0;

	ScenarioOptions options_;
	Random random_;

private:
	uint32_t every_;
	uint64_t count_ = 0;
	Conversations benign_;
	Flood flood_;
};

// Of attackers that take turns.
class AttackOfSome : public Attack {
public:
	explicit AttackOfSome(const ScenarioOptions& options) : Attack(options, 4), attackers_(attackers_of(options)) {}

	std::vector<IpAddress> attackers() const final {
		return attackers_.size() <= most_listed ? attackers_ : std::vector<IpAddress>();
	}

protected:
	std::vector<IpAddress> attackers_;
};

// Tries target after target: what a scanner sends is a SYN with a small window and no options, from one port, with a
// fresh sequence number.
class Probe : public AttackOfSome {
public:
	Probe(const ScenarioOptions& options, uint32_t first_target, uint32_t targets)
	    : AttackOfSome(options), targets_(shuffled(first_target, targets, random_)) {
		for (std::size_t i = 0; i < attackers_.size(); ++i)
			ports_.push_back(random_.port(32768, 60999));
	}

protected:
	Traits attack(Bytes& out) final {
		const std::size_t who = probes_ % attackers_.size();
		const uint32_t target = targets_[probes_ / attackers_.size() % targets_.size()];
		++probes_;
		const auto [host, port] = place(target);
		(ip_from(options_, attackers_[who], host) /
		 TCP{.sport = ports_[who], .dport = port, .seq = static_cast<uint32_t>(random_.bits()), .window = 1024})
		    .append_to(out);
		return denied_tcp(attackers_[who]);
	}

	// Which host behind the destination, and which port.
	virtual std::pair<uint32_t, uint16_t> place(uint32_t target) const = 0;

private:
	std::vector<uint32_t> targets_;
	std::vector<uint16_t> ports_;
	uint64_t probes_ = 0;
};

class PortScan : public Probe {
public:
	explicit PortScan(const ScenarioOptions& options) : Probe(options, 1, options.scan_ports) {}

private:
	std::pair<uint32_t, uint16_t> place(uint32_t target) const override {
		return {0, static_cast<uint16_t>(target)};
	}
};

class HostSweep : public Probe {
public:
	explicit HostSweep(const ScenarioOptions& options) : Probe(options, 0, options.sweep_hosts) {}

private:
	std::pair<uint32_t, uint16_t> place(uint32_t target) const override {
		return {target, options_.port.value_or(445)};
	}
};

// SYNs to one service that look like those of clients, each from a fresh port.
class SynFlood : public Attack {
public:
	explicit SynFlood(const ScenarioOptions& options)
	    : Attack(options, 1), pool_(options.sources.value_or(100)), sources_(options, pool_) {}

	std::vector<IpAddress> attackers() const override {
		return pool_ <= most_listed ? sources_.all() : std::vector<IpAddress>();
	}

private:
	Traits attack(Bytes& out) override {
		const IpAddress src = sources_.next(random_);
		(ip_from(options_, src) / TCP{.sport = random_.port(1024, 65535),
		                              .dport = options_.port.value_or(443),
		                              .seq = static_cast<uint32_t>(random_.bits()),
		                              .options = {2, 4, 0x05, 0xb4, 1, 1, 4, 2}}) // MSS 1460, SACK permitted
		    .append_to(out);
		return denied_tcp(src);
	}

	uint64_t pool_;
	FloodSources sources_;
};

// Short conversations with one service, one after the other: connected, a name and a few passwords, closed.
class BruteForce : public AttackOfSome {
public:
	explicit BruteForce(const ScenarioOptions& options) : AttackOfSome(options), attempts_(attackers_.size()) {}

private:
	struct Attempt {
		uint32_t left = 0; // packets
		uint16_t sport = 0;
		uint32_t seq = 0;
		uint32_t ack = 0;
	};

	Traits attack(Bytes& out) override {
		const std::size_t who = turn_++ % attackers_.size();
		Attempt& attempt = attempts_[who];
		TCP tcp{.dport = options_.port.value_or(22)};
		uint32_t size = 0;
		if (attempt.left == 0) {
			attempt = {.left = random_.between(6, 10), // beside the SYN
			           .sport = random_.port(32768, 60999),
			           .seq = static_cast<uint32_t>(random_.bits()),
			           .ack = static_cast<uint32_t>(random_.bits())};
			tcp.options = {2, 4, 0x05, 0xb4, 1, 1, 4, 2};
			tcp.seq = attempt.seq++;
		} else {
			const bool last = --attempt.left == 0;
			size = last ? 0 : random_.between(20, 120);
			tcp.flags = static_cast<uint8_t>(tcp_flag::ack | (last ? tcp_flag::fin : tcp_flag::psh));
			tcp.seq = attempt.seq;
			tcp.ack = attempt.ack;
			attempt.seq += size;
			attempt.ack += random_.between(20, 200); // what the service has answered
		}
		tcp.sport = attempt.sport;
		Stack stack = ip_from(options_, attackers_[who]) / std::move(tcp);
		if (size > 0)
			stack /= Payload(size);
		stack.append_to(out);
		return denied_tcp(attackers_[who]);
	}

	std::vector<Attempt> attempts_;
	uint64_t turn_ = 0;
};

} // namespace

std::unique_ptr<Scenario> make_attack(const ScenarioOptions& options) {
	switch (options.name) {
	case ScenarioName::host_sweep: return std::make_unique<HostSweep>(options);
	case ScenarioName::syn_flood: return std::make_unique<SynFlood>(options);
	case ScenarioName::brute_force: return std::make_unique<BruteForce>(options);
	default: return std::make_unique<PortScan>(options);
	}
}

} // namespace tmon
