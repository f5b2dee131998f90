// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Numbers and addresses as text. Every put_ function writes at `out` and returns the end of what it
// wrote. None checks for room: callers check once a line. Where a function may write beyond the end
// that it returns (it copies whole words), its comment says how far.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tmon::format {

namespace detail {

constexpr std::array<char, 200> make_pairs() {
	std::array<char, 200> pairs{};
	for (unsigned i = 0; i < 100; ++i) {
		pairs[2 * i] = static_cast<char>('0' + i / 10);
		pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
	}
	return pairs;
}
inline constexpr std::array<char, 200> pairs = make_pairs();

// 0 to 255 in decimal, followed by a dot.
struct Octet {
	char text[4];
	uint32_t digits;
};
constexpr std::array<Octet, 256> make_octets() {
	std::array<Octet, 256> octets{};
	for (unsigned i = 0; i < 256; ++i) {
		Octet& octet = octets[i];
		unsigned n = 0;
		if (i >= 100)
			octet.text[n++] = static_cast<char>('0' + i / 100);
		if (i >= 10)
			octet.text[n++] = static_cast<char>('0' + i / 10 % 10);
		octet.text[n++] = static_cast<char>('0' + i % 10);
		octet.text[n] = '.';
		octet.digits = n;
	}
	return octets;
}
inline constexpr std::array<Octet, 256> octets = make_octets();

// The two hex digits of each octet.
constexpr std::array<std::array<char, 2>, 256> make_hex() {
	constexpr char digits[] = "0123456789abcdef";
	std::array<std::array<char, 2>, 256> hex{};
	for (unsigned i = 0; i < 256; ++i)
		hex[i] = {digits[i >> 4], digits[i & 15]};
	return hex;
}
inline constexpr std::array<std::array<char, 2>, 256> hex = make_hex();

inline char* put_pair(char* out, uint32_t below_100) {
	std::memcpy(out, pairs.data() + 2 * below_100, 2);
	return out + 2;
}

} // namespace detail

inline char* put(char* out, std::string_view text) {
	std::memcpy(out, text.data(), text.size());
	return out + text.size();
}

// A literal; its size is known, so the copy is a few stores.
template <std::size_t N>
char* put_literal(char* out, const char (&text)[N]) {
	std::memcpy(out, text, N - 1);
	return out + N - 1;
}

// Writes up to 4 bytes.
inline char* put_octet(char* out, uint8_t value) {
	const detail::Octet& octet = detail::octets[value];
	std::memcpy(out, octet.text, 4);
	return out + octet.digits;
}

inline char* put_decimal(char* out, uint32_t value) {
	if (value < 100) {
		if (value < 10) {
			*out = static_cast<char>('0' + value);
			return out + 1;
		}
		return detail::put_pair(out, value);
	}
	if (value < 10'000) {
		const uint32_t high = value / 100;
		char* end = high < 10 ? put_octet(out, static_cast<uint8_t>(high)) : detail::put_pair(out, high);
		return detail::put_pair(end, value % 100);
	}
	const uint32_t high = value / 10'000, low = value % 10'000;
	return detail::put_pair(detail::put_pair(put_decimal(out, high), low / 100), low % 100);
}

inline char* put_decimal(char* out, uint64_t value) {
	if (value <= UINT32_MAX)
		return put_decimal(out, static_cast<uint32_t>(value));
	char* end = put_decimal(out, value / 100'000'000);
	uint32_t low = static_cast<uint32_t>(value % 100'000'000);
	for (uint32_t unit = 1'000'000; unit != 0; unit /= 100) {
		end = detail::put_pair(end, low / unit);
		low %= unit;
	}
	return end;
}

// Exactly three digits; `value` is below 1000.
inline char* put_3_digits(char* out, uint32_t value) {
	*out = static_cast<char>('0' + value / 100);
	return detail::put_pair(out + 1, value % 100);
}

// Exactly 8 lower-case hex digits.
inline char* put_hex8(char* out, uint32_t value) {
	for (int shift = 24; shift >= 0; shift -= 8, out += 2)
		std::memcpy(out, detail::hex[(value >> shift) & 255].data(), 2);
	return out;
}

// Writes up to 16 bytes.
inline char* put_ipv4(char* out, const uint8_t* octets) {
	for (int i = 0; i < 4; ++i)
		out = put_octet(out, octets[i]) + 1;
	return out - 1;
}

namespace detail {

// A group of an IPv6 address without leading zeros and without branches: digits of addresses are as
// good as random. Writes up to 4 bytes.
inline char* put_group(char* out, const uint8_t* group) {
	char digits[8];
	std::memcpy(digits, hex[group[0]].data(), 2);
	std::memcpy(digits + 2, hex[group[1]].data(), 2);
	const uint32_t value = group[0] * 256u + group[1];
	const uint32_t skip = static_cast<uint32_t>(__builtin_clz(value | 1) - 16) / 4;
	std::memcpy(out, digits + skip, 4);
	return out + 4 - skip;
}

// The run of zero groups that "::" stands for, by the set of zero groups (bit 0: the first).
// `start` is 8 when there is none.
struct ZeroRun {
	uint8_t start, length;
};
constexpr std::array<ZeroRun, 256> make_zero_runs() {
	std::array<ZeroRun, 256> runs{};
	for (unsigned set = 0; set < 256; ++set) {
		ZeroRun& best = runs[set];
		best = {8, 1};
		for (unsigned begin = 0; begin < 8; ++begin) {
			unsigned end = begin;
			while (end < 8 && (set >> end & 1) != 0)
				++end;
			if (end > begin && end - begin > best.length)
				best = {static_cast<uint8_t>(begin), static_cast<uint8_t>(end - begin)};
		}
	}
	return runs;
}
inline constexpr std::array<ZeroRun, 256> zero_runs = make_zero_runs();

} // namespace detail

// As RFC 5952 asks: lower case, no leading zeros, "::" for the longest run of at least two zero
// groups, the first of equals; IPv4-mapped addresses end in dotted decimal. Writes up to 40 bytes.
inline char* put_ipv6(char* out, const uint8_t* address) {
	constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (std::memcmp(address, mapped, sizeof mapped) == 0)
		return put_ipv4(put_literal(out, "::ffff:"), address + 12);
	unsigned zeros = 0;
	for (unsigned i = 0; i < 8; ++i)
		zeros |= unsigned{(address[2 * i] | address[2 * i + 1]) == 0} << i;
	const unsigned run_start = detail::zero_runs[zeros].start;
	const unsigned run_end = run_start + detail::zero_runs[zeros].length;
	for (unsigned i = 0; i < run_start; ++i) {
		out = detail::put_group(out, address + 2 * i);
		*out++ = ':';
	}
	if (run_start == 8)
		return out - 1;
	if (run_start == 0)
		*out++ = ':';
	if (run_end == 8)
		return put_literal(out, ":");
	for (unsigned i = run_end; i < 8; ++i) {
		*out++ = ':';
		out = detail::put_group(out, address + 2 * i);
	}
	return out;
}

// The address of an event or an alert, by its IP version: IPv4 from the last four octets; 0.0.0.0
// where there was no IP header (version 0). Writes up to 48 bytes.
inline char* put_address(char* out, const uint8_t* address, uint32_t ip_version) {
	if (ip_version == 4) [[likely]]
		return put_ipv4(out, address + 12);
	if (ip_version == 6)
		return put_ipv6(out, address);
	return put_literal(out, "0.0.0.0");
}

} // namespace tmon::format
