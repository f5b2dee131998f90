// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tmon::test {

// What the oracle and the natively compiled parser say of a frame of `length` bytes of which the first ones are
// readable: empty when it is the same, else both opinions and the bytes.
std::string native_disagreement(std::span<const uint8_t> readable, std::size_t length);

// The first bytes of a frame in hexadecimal, 16 a line.
std::string hex_dump(std::span<const uint8_t> frame);

} // namespace tmon::test
