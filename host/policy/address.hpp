// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/prefix.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace tmon {

// One IPv4 or IPv6 address.
struct Address {
	uint8_t family = 4;              // 4 or 6
	std::array<uint8_t, 16> bytes{}; // network byte order; IPv4 in the first four bytes, the rest 0

	auto operator<=>(const Address&) const = default;
};

// From 4 or 16 bytes in network byte order; an IPv4-mapped address becomes the IPv4 address that it stands for.
Address ipv4_address(const void* four_bytes);
Address ipv6_address(const void* sixteen_bytes);

// The prefix that holds this address alone, which is also what parse_address gives; and back.
Prefix as_prefix(const Address& address);
Address as_address(const Prefix& of_full_length);

// 127.0.0.0/8 or ::1.
bool is_loopback(const Address& address);
// fe80::/10
bool is_link_local(const Address& address);

// Canonical text; IPv6 as RFC 5952 asks.
std::string to_string(const Address& address);

} // namespace tmon
