// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/summary.hpp"

#include <cstdio>
#include <sstream>

namespace tmon {

namespace {

std::string decimal(double value, int digits) {
	char text[64];
	std::snprintf(text, sizeof text, "%.*f", digits, value);
	return text;
}

std::string size_text(uint64_t bytes) {
	const auto value = static_cast<double>(bytes);
	if (bytes >= 1'000'000'000)
		return decimal(value / 1e9, 1) + " GB";
	if (bytes >= 1'000'000)
		return decimal(value / 1e6, 1) + " MB";
	if (bytes >= 1000)
		return decimal(value / 1e3, 1) + " kB";
	return std::to_string(bytes) + " bytes";
}

} // namespace

std::string to_text(const Summary& summary) {
	const Outcome& outcome = summary.outcome;
	const Tally& tally = outcome.tally;
	std::ostringstream out;
	out << "sent " << tally.packets << " packets, " << size_text(tally.bytes) << ": " << tally.permitted
	    << " permitted, " << tally.denied << " denied, " << tally.ipv4 << " IPv4, " << tally.ipv6 << " IPv6, "
	    << tally.tcp << " TCP, " << tally.udp << " UDP, " << tally.icmp << " ICMP; " << decimal(outcome.seconds, 3)
	    << " s";
	if (outcome.seconds > 0)
		out << ", " << decimal(static_cast<double>(tally.packets) / outcome.seconds, 0) << " packets/s";
	out << ", " << outcome.retries << " retries";
	if (summary.lost > 0)
		out << "; the interface dropped " << summary.lost << " of them";
	return out.str();
}

std::string to_json(const Summary& summary) {
	const Outcome& outcome = summary.outcome;
	const Tally& tally = outcome.tally;
	std::ostringstream out;
	out << "{\"scenario\":\"" << to_string(summary.scenario) << "\",\"seed\":" << summary.seed
	    << ",\"sent\":" << tally.packets << ",\"bytes\":" << tally.bytes << ",\"permitted\":" << tally.permitted
	    << ",\"denied\":" << tally.denied << ",\"ipv4\":" << tally.ipv4 << ",\"ipv6\":" << tally.ipv6
	    << ",\"tcp\":" << tally.tcp << ",\"udp\":" << tally.udp << ",\"icmp\":" << tally.icmp
	    << ",\"seconds\":" << decimal(outcome.seconds, 6) << ",\"retries\":" << outcome.retries
	    << ",\"lost\":" << summary.lost << '}';
	return out.str();
}

} // namespace tmon
