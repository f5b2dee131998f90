// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A fuzz target is one source that defines these two. libFuzzer calls it by way of libfuzzer.cpp, every run of the
// tests with the kept inputs by way of replay.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tmon::fuzz {

extern const char* const target_name;

// What is wrong with how `input` was handled: empty when all is well. May be called any number of times.
std::string complaint(std::span<const uint8_t> input);

} // namespace tmon::fuzz
