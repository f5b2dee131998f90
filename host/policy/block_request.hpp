// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/prefix.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace tmon {

constexpr std::size_t kMaxBlockReason = 256; // bytes
constexpr std::chrono::seconds kShortestBlock{1};
constexpr std::chrono::hours kLongestBlock{24 * 366};

// What somebody wants on the block list.
struct BlockRequest {
	Prefix prefix;
	std::chrono::nanoseconds ttl{}; // kShortestBlock to kLongestBlock
	std::string reason;             // one line for people, at most kMaxBlockReason bytes; may be empty
};

} // namespace tmon
