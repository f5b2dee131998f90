// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/config/source.hpp"
#include "host/config/suggest.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tmon {

enum class LogFormat { console, json, csv, jsonl };

// The value, or what is wrong with the text. The configuration and the command line read theirs with the
// same functions, so that both take the same forms and have the same bounds.
template <class T>
using Parsed = std::variant<T, std::string>;

// Words and what they stand for.
template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

template <class T>
Parsed<T> parse_word(std::string_view text, Words<T> words) {
	std::vector<std::string_view> names;
	std::string list;
	for (const auto& [name, value] : words) {
		if (name == text)
			return value;
		list += names.empty() ? "" : names.size() + 1 == words.size() ? " or " : ", ";
		list += name;
		names.push_back(name);
	}
	return quote(text) + ": expected " + list + suggestion(text, names);
}

// "4M", "512K", "1G", or bytes; and "60s", "500ms", "5m", "1h", or seconds: of any size that fits 63 bits.
Parsed<std::uint64_t> parse_size(std::string_view text);
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest text that they read back as the same: "64K", "1500ms".
std::string format_size(std::uint64_t bytes);
std::string format_duration(std::chrono::milliseconds duration);

// "4M", "512K", "1G", or bytes.
Parsed<std::uint64_t> parse_ring_bytes(std::string_view text); // 64K to 1G
Parsed<std::uint64_t> parse_buffer_bytes(std::string_view text); // 1 to 64M

// "60s", "500ms", "5m", "1h", or seconds; 100ms to 24h.
Parsed<std::chrono::milliseconds> parse_stats_interval(std::string_view text);

// The limits of a plugin.
Parsed<std::uint64_t> parse_memory_limit(std::string_view text); // 16M to 1024G
Parsed<std::chrono::milliseconds> parse_deadline(std::string_view text); // 100ms to 60s

Parsed<LogFormat> parse_log_format(std::string_view text);
Parsed<XdpMode> parse_xdp_mode(std::string_view text);
Parsed<Isolation> parse_isolation(std::string_view text);
Parsed<Permission> parse_permission(std::string_view text);

// 5s to 24h.
Parsed<std::chrono::milliseconds> parse_confirm_time(std::string_view text);

// Whether there is one, of ASCII or of ISO 8859 in UTF-8.
bool has_control_character(std::string_view text);

// What is wrong with the name of an interface; empty when it may exist.
std::string interface_name_error(std::string_view name);

// What is wrong with the path of a file; empty when one may have it.
std::string file_name_error(std::string_view path);

// The same of the path of a Unix socket, which is shorter.
std::string socket_name_error(std::string_view path);

std::string_view to_string(LogFormat format);
std::string_view to_string(Permission permission);

} // namespace tmon
