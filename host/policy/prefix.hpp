// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tmon {

// An IPv4 or IPv6 prefix in canonical form: all bits behind `length` are 0.
struct Prefix {
	uint8_t family = 4;                // 4 or 6
	uint8_t length = 0;                // 0-32 or 0-128 bits
	std::array<uint8_t, 16> address{}; // network byte order; IPv4 in the first four bytes

	auto operator<=>(const Prefix&) const = default;
};

// What is wrong with a prefix, and from which character on (0-based) of the text.
struct PrefixError {
	std::size_t offset = 0;
	std::string message;
};

// Parses "a.b.c.d/len" or "x:y::z/len". Nothing is guessed: a missing length, leading zeros, a zone,
// spaces, bits set behind the length, and IPv4-mapped IPv6 are errors whose message says what to write.
std::variant<Prefix, PrefixError> parse_prefix(std::string_view text);

// Parses one address, "a.b.c.d" or "x:y::z", into a prefix of full length. As strict as parse_prefix; a prefix is an
// error, too.
std::variant<Prefix, PrefixError> parse_address(std::string_view text);

// Canonical text; IPv6 as RFC 5952 asks.
std::string to_string(const Prefix& prefix);

// The same without the length.
std::string address_text(const Prefix& prefix);

} // namespace tmon
