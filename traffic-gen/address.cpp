// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/address.hpp"

#include <arpa/inet.h>

#include <cstdio>

namespace tmon::packet {

namespace {

int hex_digit(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

} // namespace

MacAddress::MacAddress(const std::string& text) {
	bool good = text.size() == 17;
	for (std::size_t i = 0; good && i < bytes.size(); ++i) {
		const int high = hex_digit(text[3 * i]);
		const int low = hex_digit(text[3 * i + 1]);
		good = high >= 0 && low >= 0 && (i == 5 || text[3 * i + 2] == ':');
		bytes[i] = static_cast<uint8_t>(high * 16 + low);
	}
	if (!good)
		throw BadAddress('"' + text + "\" is not a MAC address such as 02:00:00:00:00:01");
}

Ipv4Address::Ipv4Address(const std::string& text) {
	if (inet_pton(AF_INET, text.c_str(), bytes.data()) != 1)
		throw BadAddress('"' + text + "\" is not an IPv4 address");
}

Ipv6Address::Ipv6Address(const std::string& text) {
	if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1)
		throw BadAddress('"' + text + "\" is not an IPv6 address");
}

IpAddress parse_ip(const std::string& text) {
	if (text.find(':') != std::string::npos)
		return Ipv6Address(text);
	return Ipv4Address(text);
}

std::string to_string(const MacAddress& address) {
	const auto& b = address.bytes;
	char text[18];
	std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return text;
}

std::string to_string(const Ipv4Address& address) {
	char text[INET_ADDRSTRLEN];
	return inet_ntop(AF_INET, address.bytes.data(), text, sizeof text);
}

std::string to_string(const Ipv6Address& address) {
	char text[INET6_ADDRSTRLEN];
	return inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
}

std::string to_string(const IpAddress& address) {
	return std::visit([](const auto& any) { return to_string(any); }, address);
}

} // namespace tmon::packet
