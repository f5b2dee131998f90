// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace tmon {

namespace {

constexpr uint64_t second_ns = 1'000'000'000;
constexpr uint64_t largest_start = 4'000'000'000; // seconds; a capture file has 32 bits for them

constexpr const char* footer = R"(
scenarios:
  benign         conversations of permitted hosts: TCP, UDP, ICMP
  mixed          the same, about half of the packets from denied hosts
                 (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32)
  port-scan      a denied host tries port after port of the destination
  host-sweep     a denied host tries one port on the destination and those behind
  brute-force    a denied host connects to one service over and over
  syn-flood      SYNs of denied hosts to one service
  spoofed-flood  every packet from another public address
  evasion        frames in shapes that filters have been got around with: tags,
                 encapsulations, headers that lie, fragments, extension headers, ...

Of the attacks (the four above spoofed-flood) one packet in --every is the
attack's; the others are benign, or with --background flood a spoofed flood:

  an attacker hidden 1:10000 in a flood from ten million sources
    traffic-gen --scenario port-scan --background flood --sources 10000000 \
                --every 10000 --count 100000000 -i eth0

"Permitted" and "denied" are relative to the list in configs/default.json;
permitted sources are drawn from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and
fd00::/8. The same seed and options make the same packets.

-i needs CAP_NET_RAW; with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON it sends millions
of packets a second where the interface sends redirected frames.

Exit status: 0, 1 when sending failed, 2 for bad options.)";

// CLI11's own reading of an unsigned number takes -3 for 2^64 - 3.
struct Natural : CLI::Validator {
	Natural(uint64_t low, uint64_t high) : CLI::Validator("") {
		func_ = [low, high](const std::string& text) {
			uint64_t value = 0;
			const char* end = text.data() + text.size();
			const auto [rest, error] = std::from_chars(text.data(), end, value);
			if (error == std::errc() && rest == end && value >= low && value <= high)
				return std::string();
			return text + " is not a number from " + std::to_string(low) + " to " + std::to_string(high);
		};
	}
};

struct Texts {
	std::string scenario;
	std::string ip = "both";
	std::string method = "auto";
	std::string dst;
	std::string dst6;
	std::string src_mac;
	std::string dst_mac;
	std::string attacker;
	std::string background = "benign";
	double timeout = 60;
	uint64_t start_time = 1'767'225'600; // 2026-01-01
	bool queue = false;
};

void declare_attack(CLI::App& app, ScenarioOptions& scenario, Texts& texts) {
	app.add_option("--attacker,--scanner", texts.attacker,
	               "attacks: the first source [203.0.113.7, with --ip 6 2001:db8::7]");
	app.add_option("--attackers", scenario.attackers, "attacks: so many, with successive addresses, taking turns")
	    ->check(Natural(1, 65536))
	    ->capture_default_str();
	app.add_option("--every,--scan-every", scenario.every,
	               "attacks: one packet in N is the attack's [4, syn-flood 1]")
	    ->check(Natural(1, UINT32_MAX));
	app.add_option("--background", texts.background, "attacks: what the other packets are")
	    ->check(CLI::IsMember({"benign", "flood"}))
	    ->capture_default_str();
	app.add_option("--sources", scenario.sources,
	               "floods: distinct sources, 0: another for each packet [0, syn-flood 100]")
	    ->check(Natural(0, UINT32_MAX));
	app.add_option("--port", scenario.port, "host-sweep [445], syn-flood [443], brute-force [22]: the service")
	    ->check(Natural(0, 65535));
	app.add_option("--scan-ports", scenario.scan_ports, "port-scan: ports 1 to N are tried, over and over")
	    ->check(Natural(1, 65535))
	    ->capture_default_str();
	app.add_option("--sweep-hosts", scenario.sweep_hosts, "host-sweep: destinations, over and over")
	    ->check(Natural(1, 1u << 24))
	    ->capture_default_str();
}

void declare(CLI::App& app, Options& options, Texts& texts) {
	std::vector<std::string> names;
	for (const ScenarioName name : all_scenarios)
		names.emplace_back(to_string(name));
	app.footer(footer);
	app.add_option("--scenario", texts.scenario, "what to send")->required()->check(CLI::IsMember(names));
	auto* output = app.add_option_group("output", "exactly one of");
	output->add_option("-i,--interface", options.interface, "send on this interface");
	output->add_option("-w,--write", options.file, "write a capture file; - is the standard output");
	output->require_option(1);
	app.add_option("--count", options.count, "number of packets")
	    ->check(Natural(1, UINT64_MAX))
	    ->capture_default_str();
	app.add_option("--rate", options.rate, "packets a second, 0: as fast as they go")
	    ->check(Natural(0, 1'000'000'000))
	    ->capture_default_str();
	app.add_option("--seed", options.scenario.seed, "chooses the packets")
	    ->check(Natural(0, UINT64_MAX))
	    ->capture_default_str();
	app.add_option("--ip", texts.ip, "versions")->check(CLI::IsMember({"4", "6", "both"}))->capture_default_str();
	app.add_option("--dst", texts.dst, "IPv4 destination [10.0.0.1]");
	app.add_option("--dst6", texts.dst6, "IPv6 destination [fd00::1]");
	app.add_option("--dst-mac", texts.dst_mac, "[02:00:00:00:00:02]");
	app.add_option("--src-mac", texts.src_mac, "[02:00:00:00:00:01]");
	app.add_option("--mtu", options.scenario.mtu, "largest IP length")
	    ->check(Natural(576, 65521))
	    ->capture_default_str();
	declare_attack(app, options.scenario, texts);
	app.add_option("--timeout", texts.timeout, "give up after so many seconds")
	    ->check(CLI::Range(0.001, 1e6))
	    ->capture_default_str();
	app.add_option("--start-time", texts.start_time, "-w: time of the first packet, seconds since 1970")
	    ->check(Natural(0, largest_start))
	    ->capture_default_str();
	app.add_option("--method", texts.method, "-i: XDP live frames, a packet socket, or what is best")
	    ->check(CLI::IsMember({"auto", "live", "socket"}))
	    ->capture_default_str();
	app.add_flag("--queue", texts.queue, "-i: send through the interface's queueing discipline");
	app.add_flag("--json", options.json, "print the counts as a JSON object");
}

template <class Address>
void set_address(Address& target, const std::string& name, const std::string& text) {
	if (text.empty())
		return;
	try {
		target = Address(text);
	} catch (const packet::BadAddress& error) {
		throw CLI::ValidationError(name, error.what());
	}
}

void interpret(Options& options, const Texts& texts) {
	ScenarioOptions& scenario = options.scenario;
	scenario.name = *std::find_if(all_scenarios.begin(), all_scenarios.end(),
	                              [&](ScenarioName name) { return to_string(name) == texts.scenario; });
	scenario.background = texts.background == "flood" ? Background::flood : Background::benign;
	scenario.families = texts.ip == "4" ? Families::v4 : texts.ip == "6" ? Families::v6 : Families::both;
	set_address(scenario.dst, "--dst", texts.dst);
	set_address(scenario.dst6, "--dst6", texts.dst6);
	set_address(scenario.src_mac, "--src-mac", texts.src_mac);
	set_address(scenario.dst_mac, "--dst-mac", texts.dst_mac);
	options.timeout = std::chrono::nanoseconds(static_cast<int64_t>(texts.timeout * 1e9));
	options.start_ns = texts.start_time * second_ns;
	options.bypass_qdisc = !texts.queue;
	options.method = texts.method == "live"     ? Method::live
	                 : texts.method == "socket" ? Method::socket
	                                            : Method::automatic;
	if (texts.queue && options.method == Method::live)
		throw CLI::ValidationError("--queue", "live frames bypass the queueing discipline: --method socket");
	try {
		if (!texts.attacker.empty())
			scenario.attacker = packet::parse_ip(texts.attacker);
		make_scenario(scenario); // to hear what contradicts itself
	} catch (const std::invalid_argument& error) {
		throw CLI::ValidationError(texts.attacker.empty() ? "--scenario" : "--attacker", error.what());
	}
	const uint64_t gaps = options.count - 1;
	const double rate = options.rate > 0 ? static_cast<double>(options.rate) : 1e6; // 1 us apart in a file
	const double span = static_cast<double>(gaps) / rate;
	if (options.file.empty() && options.rate > 0 && span > texts.timeout)
		throw CLI::ValidationError("--timeout", "at this rate so many packets take longer");
	if (!options.file.empty() && span > static_cast<double>(UINT32_MAX - texts.start_time))
		throw CLI::ValidationError("--rate", "the last packet's time is beyond what a capture file can hold");
}

} // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
	CLI::App app("Sends packets, or writes them to a capture file, and says what it has sent.", "traffic-gen");
	Options options;
	Texts texts;
	declare(app, options, texts);
	try {
		app.parse(argc, argv);
		interpret(options, texts);
	} catch (const CLI::ParseError& error) {
		return app.exit(error, out, err) == 0 ? 0 : exit_usage;
	}
	return options;
}

} // namespace tmon
