// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/units.hpp"
#include "host/policy/block_request.hpp"

#include <chrono>
#include <string_view>

namespace tmon {

// What commands about addresses take, read alike by ctl and by the server.

// A prefix; or an address, which stands for itself alone (/32, /128).
Parsed<Prefix> parse_target(std::string_view text);
// One address, with or without its full length.
Parsed<Prefix> parse_one_address(std::string_view text);
// kShortestBlock to kLongestBlock.
Parsed<std::chrono::milliseconds> parse_block_time(std::string_view text);
// At most kMaxBlockReason bytes, without control characters. Returns what is wrong; empty when nothing is.
std::string reason_error(std::string_view reason);

} // namespace tmon
