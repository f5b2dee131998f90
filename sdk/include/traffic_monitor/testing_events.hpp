// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Events for tests, from text: "192.0.2.1:40000", "[2001:db8::1]:40000". Included by testing.hpp.
#ifndef TRAFFIC_MONITOR_TESTING_EVENTS_HPP
#define TRAFFIC_MONITOR_TESTING_EVENTS_HPP

#include "plugin.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tmon {
namespace testing {

// An address in the form of tmon_event.src, e.g. for tmon_alert.source. Throws std::invalid_argument.
struct Address {
	uint8_t bytes[16] = {};
	uint8_t ip_version = 0;

	explicit Address(const std::string& text) {
		if (::inet_pton(AF_INET6, text.c_str(), bytes) == 1) {
			ip_version = 6;
		} else if (::inet_pton(AF_INET, text.c_str(), bytes + 12) == 1) {
			ip_version = 4;
			bytes[10] = bytes[11] = 0xff;
		} else {
			throw std::invalid_argument("\"" + text + "\" is no address");
		}
	}
};

struct Endpoint {
	Address address;
	uint16_t port;

	explicit Endpoint(const std::string& text) : address(host_part(text)), port(0) {
		const std::size_t colon = text.rfind(':');
		const char* const end = text.data() + text.size();
		const auto result = std::from_chars(text.data() + colon + 1, end, port);
		if (result.ec != std::errc{} || result.ptr != end)
			throw std::invalid_argument("\"" + text + "\" has no port");
	}

private:
	static std::string host_part(const std::string& text) {
		const std::size_t colon = text.rfind(':');
		if (colon == std::string::npos)
			throw std::invalid_argument("\"" + text + "\" has no port");
		if (text[0] == '[' && colon > 1 && text[colon - 1] == ']')
			return text.substr(1, colon - 2);
		if (text.find(':') != colon)
			throw std::invalid_argument("\"" + text + "\": write an IPv6 address as [address]:port");
		return text.substr(0, colon);
	}
};

// A packet of 60 bytes (IPv6: 80) that came in at interface 2 (eth0) and was passed; change the members that matter.
inline tmon_event packet(uint8_t protocol, const std::string& source, const std::string& destination) {
	const Endpoint from(source), to(destination);
	if (from.address.ip_version != to.address.ip_version)
		throw std::invalid_argument(source + " and " + destination + " are not of one IP version");
	tmon_event event{};
	event.ip_version = from.address.ip_version;
	event.protocol = protocol;
	event.packet_size = event.ip_version == 6 ? 80 : 60;
	event.ifindex = 2;
	std::memcpy(event.src, from.address.bytes, sizeof event.src);
	std::memcpy(event.dst, to.address.bytes, sizeof event.dst);
	event.src_port = from.port;
	event.dst_port = to.port;
	return event;
}

// A SYN.
inline tmon_event tcp(const std::string& source, const std::string& destination) {
	tmon_event event = packet(TMON_PROTO_TCP, source, destination);
	event.tcp_flags = 0x02;
	return event;
}

inline tmon_event udp(const std::string& source, const std::string& destination) {
	return packet(TMON_PROTO_UDP, source, destination);
}

} // namespace testing
} // namespace tmon

#endif
