// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tmon {

enum class LogFormat { console, json, csv, jsonl };

// The value, or what is wrong with the text. The configuration and the command line read theirs with the
// same functions, so that both take the same forms and have the same bounds.
template <class T>
using Parsed = std::variant<T, std::string>;

// "4M", "512K", "1G", or bytes.
Parsed<std::uint64_t> parse_ring_bytes(std::string_view text); // 64K to 1G
Parsed<std::uint64_t> parse_buffer_bytes(std::string_view text); // 1 to 64M

// "60s", "500ms", "5m", "1h", or seconds; 100ms to 24h.
Parsed<std::chrono::milliseconds> parse_stats_interval(std::string_view text);

Parsed<LogFormat> parse_log_format(std::string_view text);
Parsed<XdpMode> parse_xdp_mode(std::string_view text);
Parsed<Isolation> parse_isolation(std::string_view text);

// What is wrong with the name of an interface; empty when it may exist.
std::string interface_name_error(std::string_view name);

// What is wrong with the path of a file; empty when one may have it.
std::string file_name_error(std::string_view path);

std::string_view to_string(LogFormat format);

} // namespace tmon
