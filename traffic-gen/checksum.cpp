// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/checksum.hpp"

#include <endian.h>

#include <array>
#include <cstring>

namespace tmon::packet {

namespace {

constexpr std::array<uint32_t, 256> make_crc_table() {
	std::array<uint32_t, 256> table{};
	for (uint32_t i = 0; i < 256; ++i) {
		uint32_t value = i;
		for (int bit = 0; bit < 8; ++bit)
			value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78u : value >> 1; // reflected polynomial
		table[i] = value;
	}
	return table;
}

constexpr auto crc_table = make_crc_table();

} // namespace

uint64_t add_words(std::span<const uint8_t> bytes, uint64_t sum) {
	// Words of 32 bits are pairs of words of 16 bits once all is folded.
	std::size_t i = 0;
	for (; i + 8 <= bytes.size(); i += 8) {
		uint64_t eight;
		std::memcpy(&eight, &bytes[i], sizeof eight);
		eight = be64toh(eight);
		sum += (eight >> 32) + (eight & 0xffffffffu);
	}
	for (; i + 1 < bytes.size(); i += 2)
		sum += uint64_t{bytes[i]} << 8 | bytes[i + 1];
	if (i < bytes.size())
		sum += uint64_t{bytes[i]} << 8;
	return sum;
}

uint16_t fold(uint64_t sum) {
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

uint32_t crc32c(std::span<const uint8_t> bytes) {
	uint32_t crc = ~0u;
	for (const uint8_t byte : bytes)
		crc = crc >> 8 ^ crc_table[(crc ^ byte) & 0xff];
	return ~crc;
}

} // namespace tmon::packet
