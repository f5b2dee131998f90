// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>

namespace tmon::packet {

// Text that is not an address of the wanted kind.
struct BadAddress : std::invalid_argument {
	using std::invalid_argument::invalid_argument;
};

// Addresses in network byte order. They convert from text so that they can be written as literals in a
// layer's braces; text that does not parse throws BadAddress.
struct MacAddress {
	std::array<uint8_t, 6> bytes{};

	constexpr MacAddress() = default;
	constexpr explicit MacAddress(const std::array<uint8_t, 6>& octets) : bytes(octets) {}
	MacAddress(const char* text) : MacAddress(std::string(text)) {}
	MacAddress(const std::string& text);
	auto operator<=>(const MacAddress&) const = default;
};

struct Ipv4Address {
	std::array<uint8_t, 4> bytes{};

	constexpr Ipv4Address() = default;
	constexpr explicit Ipv4Address(const std::array<uint8_t, 4>& octets) : bytes(octets) {}
	constexpr explicit Ipv4Address(uint32_t host_order)
	    : bytes{static_cast<uint8_t>(host_order >> 24), static_cast<uint8_t>(host_order >> 16),
		    static_cast<uint8_t>(host_order >> 8), static_cast<uint8_t>(host_order)} {}
	Ipv4Address(const char* text) : Ipv4Address(std::string(text)) {}
	Ipv4Address(const std::string& text);
	auto operator<=>(const Ipv4Address&) const = default;

	constexpr uint32_t host_order() const {
		return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
	}
};

struct Ipv6Address {
	std::array<uint8_t, 16> bytes{};

	constexpr Ipv6Address() = default;
	constexpr explicit Ipv6Address(const std::array<uint8_t, 16>& octets) : bytes(octets) {}
	Ipv6Address(const char* text) : Ipv6Address(std::string(text)) {}
	Ipv6Address(const std::string& text);
	auto operator<=>(const Ipv6Address&) const = default;
};

using IpAddress = std::variant<Ipv4Address, Ipv6Address>;

// An address of either family; throws BadAddress.
IpAddress parse_ip(const std::string& text);

std::string to_string(const MacAddress& address);
std::string to_string(const Ipv4Address& address);
std::string to_string(const Ipv6Address& address);
std::string to_string(const IpAddress& address);

} // namespace tmon::packet
