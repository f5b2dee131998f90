// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace tmon::packet {

// Sum of 16-bit big-endian words for the Internet checksum (RFC 1071), not yet folded; an odd last byte
// counts as the high half of a word. Sums of parts of even length may be chained through `sum`.
uint64_t add_words(std::span<const uint8_t> bytes, uint64_t sum = 0);

// The checksum field's value, host order.
uint16_t fold(uint64_t sum);

inline uint16_t internet_checksum(std::span<const uint8_t> bytes) { return fold(add_words(bytes)); }

// CRC-32C (Castagnoli), as SCTP uses it (RFC 9260, appendix A). The field in the packet holds this value
// least significant byte first.
uint32_t crc32c(std::span<const uint8_t> bytes);

} // namespace tmon::packet
