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

std::string_view to_string(Way way) {
	return way == Way::live ? "live" : way == Way::socket ? "socket" : "file";
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
	    << " permitted, " << tally.denied << " denied, ";
	if (tally.undecidable > 0)
		out << tally.undecidable << " of them undecidable, ";
	if (tally.unfiltered > 0)
		out << tally.unfiltered << " unfiltered, ";
	out << tally.ipv4 << " IPv4, " << tally.ipv6 << " IPv6, ";
	if (tally.not_ip > 0)
		out << tally.not_ip << " not IP, ";
	out << tally.tcp << " TCP, " << tally.udp << " UDP, " << tally.icmp << " ICMP";
	if (tally.other > 0)
		out << ", " << tally.other << " other";
	out << "; " << decimal(outcome.seconds, 3) << " s";
	if (outcome.seconds > 0)
		out << ", " << decimal(static_cast<double>(tally.packets) / outcome.seconds, 0) << " packets/s";
	out << ", " << outcome.retries << " retries";
	if (summary.way == Way::live)
		out << ", live frames";
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
	    << ",\"denied\":" << tally.denied << ",\"undecidable\":" << tally.undecidable
	    << ",\"unfiltered\":" << tally.unfiltered << ",\"ipv4\":" << tally.ipv4 << ",\"ipv6\":" << tally.ipv6
	    << ",\"not_ip\":" << tally.not_ip << ",\"tcp\":" << tally.tcp << ",\"udp\":" << tally.udp
	    << ",\"icmp\":" << tally.icmp << ",\"other\":" << tally.other
	    << ",\"seconds\":" << decimal(outcome.seconds, 6) << ",\"retries\":" << outcome.retries
	    << ",\"lost\":" << summary.lost << ",\"method\":\"" << to_string(summary.way) << "\",\"attackers\":[";
	for (std::size_t i = 0; i < summary.attackers.size(); ++i)
		out << (i > 0 ? ",\"" : "\"") << packet::to_string(summary.attackers[i]) << '"';
	out << "]}";
	return out.str();
}

} // namespace tmon
