// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Text of unknown origin (interface names, alert messages), made fit for a place. None of this runs
// per line: names are escaped once and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tmon::format {

inline constexpr std::string_view replacement_character = "\xef\xbf\xbd"; // U+FFFD

// Length of the UTF-8 sequence at the start of `text` (not empty), 0 when it is not one: overlong
// forms, surrogates and what lies beyond U+10FFFF are none.
inline std::size_t utf8_length(std::string_view text) {
	const auto at = [&](std::size_t i) { return static_cast<uint8_t>(text[i]); };
	const uint8_t first = at(0);
	if (first < 0x80)
		return 1;
	const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
	                           : (first & 0xf0) == 0xe0        ? 3
	                           : first >= 0xf0 && first < 0xf5 ? 4
	                                                           : 0;
	if (length == 0 || text.size() < length)
		return 0;
	for (std::size_t i = 1; i < length; ++i)
		if ((at(i) & 0xc0) != 0x80)
			return 0;
	const bool wrong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) >= 0xa0) ||
	                   (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) >= 0x90);
	return wrong ? 0 : length;
}

// Calls on_character for every valid sequence of `text`, and for U+FFFD in place of each byte that
// belongs to none.
template <class OnCharacter>
void for_each_character(std::string_view text, OnCharacter on_character) {
	while (!text.empty()) {
		const std::size_t length = utf8_length(text);
		on_character(length == 0 ? replacement_character : text.substr(0, length));
		text.remove_prefix(length == 0 ? 1 : length);
	}
}

// The inside of a JSON string.
inline void append_json_escaped(std::string& out, std::string_view text) {
	for_each_character(text, [&out](std::string_view character) {
		const auto byte = static_cast<uint8_t>(character[0]);
		if (byte == '"' || byte == '\\') {
			out += '\\';
		} else if (byte < 0x20 || byte == 0x7f) {
			constexpr char digits[] = "0123456789abcdef";
			out += byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : byte == '\r' ? "\\r" : "\\u00";
			if (byte != '\n' && byte != '\t' && byte != '\r') {
				out += digits[byte >> 4];
				out += digits[byte & 15];
			}
			return;
		}
		out += character;
	});
}

// One field of a CSV record: quoted, as RFC 4180 asks, only where it has to be.
inline void append_csv_field(std::string& out, std::string_view text) {
	const bool quote = text.find_first_of(",\"\r\n") != std::string_view::npos;
	if (quote)
		out += '"';
	for_each_character(text, [&out](std::string_view character) {
		if (character == "\"")
			out += '"';
		out += character;
	});
	if (quote)
		out += '"';
}

// For a terminal: what is not printable ASCII becomes '?', so that no name can move the cursor,
// change colours, or pass for another line.
inline void append_printable(std::string& out, std::string_view text) {
	for (const char character : text)
		out += character >= ' ' && character <= '~' ? character : '?';
}

} // namespace tmon::format
