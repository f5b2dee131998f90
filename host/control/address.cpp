// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/address.hpp"

#include <algorithm>
#include <string>

namespace tmon {

Parsed<Prefix> parse_target(std::string_view text) {
	std::string whole(text);
	if (text.find('/') == std::string_view::npos)
		whole += text.find(':') == std::string_view::npos ? "/32" : "/128";
	auto parsed = parse_prefix(whole);
	if (const auto* error = std::get_if<PrefixError>(&parsed))
		return quote(text) + ": " + error->message;
	return std::get<Prefix>(parsed);
}

Parsed<Prefix> parse_one_address(std::string_view text) {
	Parsed<Prefix> parsed = parse_target(text);
	if (const auto* prefix = std::get_if<Prefix>(&parsed); prefix && prefix->length != (prefix->family == 4 ? 32 : 128))
		return quote(text) + ": one address is expected, and not a prefix";
	return parsed;
}

Parsed<std::chrono::milliseconds> parse_block_time(std::string_view text) {
	auto parsed = parse_duration(text);
	if (const auto* time = std::get_if<std::chrono::milliseconds>(&parsed);
	    time && (*time < kShortestBlock || *time > kLongestBlock))
		return quote(text) + " is out of bounds: 1s to " + format_duration(kLongestBlock);
	return parsed;
}

std::string reason_error(std::string_view reason) {
	if (reason.size() > kMaxBlockReason)
		return "the reason has " + std::to_string(reason.size()) + " bytes: at most " + std::to_string(kMaxBlockReason);
	const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
	return std::any_of(reason.begin(), reason.end(), is_control) ? "the reason has control characters in it" : std::string();
}

} // namespace tmon
