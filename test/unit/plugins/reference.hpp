// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The default record once more, written the slow and obvious way and sharing nothing with the code
// under test: strings, streams, gmtime.
#pragma once

#include "traffic_monitor/event.h"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iomanip>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace reference {

inline std::string ipv4(const uint8_t* octets) {
	std::ostringstream text;
	for (int i = 0; i < 4; ++i)
		text << (i ? "." : "") << unsigned{octets[i]};
	return text.str();
}

// RFC 5952 by trying: every run of zero groups is a candidate for "::", the longest one wins.
inline std::string ipv6(const uint8_t* address) {
	std::vector<unsigned> groups;
	for (int i = 0; i < 16; i += 2)
		groups.push_back(address[i] * 256u + address[i + 1]);
	if (std::vector<unsigned>(groups.begin(), groups.begin() + 6) == std::vector<unsigned>{0, 0, 0, 0, 0, 0xffff})
		return "::ffff:" + ipv4(address + 12);
	const auto join = [&groups](std::size_t begin, std::size_t end) {
		std::ostringstream text;
		for (std::size_t i = begin; i < end; ++i)
			text << (i > begin ? ":" : "") << std::hex << groups[i];
		return text.str();
	};
	for (std::size_t length = 8; length >= 2; --length)
		for (std::size_t begin = 0; begin + length <= 8; ++begin) {
			bool zero = true;
			for (std::size_t i = begin; i < begin + length; ++i)
				zero = zero && groups[i] == 0;
			if (zero)
				return join(0, begin) + "::" + join(begin + length, 8);
		}
	return join(0, 8);
}

inline std::string address(const uint8_t* bytes, int version) {
	return version == 4 ? ipv4(bytes + 12) : version == 6 ? ipv6(bytes) : "0.0.0.0";
}

inline std::string protocol(int number) {
	static const std::map<int, std::string> names = {{1, "ICMP"}, {6, "TCP"}, {17, "UDP"},    {47, "GRE"},
	                                                 {50, "ESP"}, {51, "AH"}, {58, "ICMPv6"}, {132, "SCTP"}};
	const auto found = names.find(number);
	return found == names.end() ? "Unknown" : found->second;
}

inline std::string iso(uint64_t utc_ns) {
	const auto seconds = static_cast<std::time_t>(utc_ns / 1'000'000'000);
	std::tm tm{};
	gmtime_r(&seconds, &tm);
	char text[64];
	std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1,
	              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	              static_cast<unsigned>(utc_ns % 1'000'000'000 / 1'000'000));
	return text;
}

inline std::string flow_hash(const tmon_event& event) {
	uint64_t hash = 0;
	const int first = event.ip_version == 6 ? 0 : 12;
	if (event.ip_version != 0)
		for (int i = first; i < 16; ++i)
			hash = (hash * 31 + event.src[i]) % 4294967296u;
	const bool icmp = event.protocol == 1 || event.protocol == 58;
	hash = (hash + (icmp ? 0u : event.src_port) + event.protocol) % 4294967296u;
	std::ostringstream text;
	text << std::hex << std::setw(8) << std::setfill('0') << hash;
	return text.str();
}

struct Fields {
	std::string timestamp, timestamp_iso, src_ip, dst_ip, src_port, dst_port, protocol, protocol_num, packet_size,
	    action;
	std::string flow_hash;
};
inline Fields fields(const tmon_event& event, uint64_t utc_ns) {
	const bool icmp = event.protocol == 1 || event.protocol == 58;
	return {std::to_string(utc_ns / 1'000'000'000),
	        iso(utc_ns),
	        address(event.src, event.ip_version),
	        address(event.dst, event.ip_version),
	        std::to_string(icmp ? 0 : event.src_port),
	        std::to_string(icmp ? 0 : event.dst_port),
	        protocol(event.protocol),
	        std::to_string(event.protocol),
	        std::to_string(event.packet_size),
	        event.action == 1 ? "DROP" : "LOG",
	        flow_hash(event)};
}

// `interface` is given as it stands in the output.
inline std::string json(const tmon_event& event, uint64_t utc_ns, const std::string& interface) {
	const Fields f = fields(event, utc_ns);
	return R"({"timestamp":)" + f.timestamp + R"(,"timestamp_iso":")" + f.timestamp_iso + R"(","src_ip":")" +
	       f.src_ip + R"(","dst_ip":")" + f.dst_ip + R"(","src_port":)" + f.src_port + R"(,"dst_port":)" +
	       f.dst_port + R"(,"protocol":")" + f.protocol + R"(","protocol_num":)" + f.protocol_num +
	       R"(,"packet_size":)" + f.packet_size + R"(,"action":")" + f.action + R"(","interface":")" + interface +
	       R"(","flow_hash":")" + f.flow_hash + R"("})";
}
inline std::string csv(const tmon_event& event, uint64_t utc_ns, const std::string& interface) {
	const Fields f = fields(event, utc_ns);
	return f.timestamp + "," + f.timestamp_iso + "," + f.src_ip + "," + f.dst_ip + "," + f.src_port + "," +
	       f.dst_port + "," + f.protocol + "," + f.protocol_num + "," + f.packet_size + "," + f.action + "," +
	       interface + "," + f.flow_hash;
}
inline std::string console(const tmon_event& event, const std::string& interface) {
	const Fields f = fields(event, 0);
	const bool v6 = event.ip_version == 6;
	const auto endpoint = [v6](const std::string& ip, const std::string& port) {
		return (v6 ? "[" + ip + "]" : ip) + ":" + port;
	};
	const std::string action = event.flags & TMON_EVENT_DRY_RUN ? "WOULD DROP" : f.action;
	return "[" + action + "] Non-permitted traffic: " + endpoint(f.src_ip, f.src_port) + " -> " +
	       endpoint(f.dst_ip, f.dst_port) + " (proto: " + f.protocol + ", size: " + f.packet_size +
	       " bytes, if: " + interface + ")";
}

// Events with every protocol and version, and addresses with many zero groups.
class RandomEvents {
public:
	explicit RandomEvents(uint64_t seed) : random_(seed) {}

	tmon_event next() {
		tmon_event event{};
		constexpr uint8_t versions[] = {4, 4, 4, 6, 6, 6, 0};
		event.ip_version = versions[random_() % 7];
		fill_address(event.src, event.ip_version);
		fill_address(event.dst, event.ip_version);
		event.src_port = number<uint16_t>();
		event.dst_port = number<uint16_t>();
		constexpr uint8_t common[] = {1, 6, 17, 47, 50, 51, 58, 132};
		event.protocol = random_() % 4 == 0 ? number<uint8_t>() : common[random_() % 8];
		event.packet_size = number<uint32_t>();
		event.action = random_() % 2;
		event.ifindex = static_cast<uint32_t>(random_() % 5);
		return event;
	}

	// Mostly a few milliseconds after the last one, now and then anywhere.
	uint64_t next_time() {
		time_ = random_() % 50 == 0 ? random_() >> (random_() % 40) : time_ + random_() % 50'000'000;
		return time_;
	}

private:
	// All magnitudes equally often.
	template <class T>
	T number() {
		return static_cast<T>(static_cast<T>(random_()) >> (random_() % (8 * sizeof(T))));
	}
	void fill_address(uint8_t (&out)[16], int version) {
		if (version == 4 || random_() % 16 == 0)
			out[10] = out[11] = 0xff;
		for (int i = version == 4 || out[10] ? 12 : 0; i < 16; i += 2) {
			const auto group = random_() % 2 == 0 && version == 6 ? 0u : unsigned{number<uint16_t>()};
			out[i] = static_cast<uint8_t>(group >> 8);
			out[i + 1] = static_cast<uint8_t>(group);
		}
	}

	std::mt19937_64 random_;
	uint64_t time_ = 1'700'000'000'000'000'000;
};

} // namespace reference
