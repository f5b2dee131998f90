// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin asks to have blocked, on its way from tmon_host.block to the host.
#pragma once

#include "host/policy/block_request.hpp"
#include "traffic_monitor/plugin.h"

#include <optional>
#include <string>
#include <string_view>

namespace tmon {

// What `block` asks for; nullopt when that is not possible. Bits behind the prefix do not matter, a longer time than
// kLongestBlock counts as that, and of a long reason the first kMaxBlockReason bytes are taken.
std::optional<BlockRequest> to_block_request(const tmon_block& block);

// The body of a block_request.
std::string encode_block(const BlockRequest& request);
// nullopt unless the request is one that to_block_request could have made. Its reason may hold any bytes.
std::optional<BlockRequest> decode_block(std::string_view body);

// At most so many bytes of `text`, not ending within a character of it.
std::string_view cut_text(std::string_view text, std::size_t most);

} // namespace tmon
