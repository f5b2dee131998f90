// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/syntax_error.hpp"

#include <cstdio>

namespace tmon {

namespace {

namespace json = boost::json;
using After = SyntaxState::After;
using Token = SyntaxState::Token;

bool is_name_character(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '+' || c == '.';
}

// The word that starts at `at`, without the delimiter behind it.
std::string_view word_at(std::string_view text, std::size_t at) {
	std::size_t end = at;
	while (end < text.size() && end - at < 32 && is_name_character(text[end]))
		++end;
	return text.substr(at, end - at);
}

std::string shown_byte(char c) {
	if (c > ' ' && c < 127)
		return {'\'', c, '\''};
	char hex[16];
	std::snprintf(hex, sizeof hex, "byte 0x%02x", static_cast<unsigned char>(c));
	return hex;
}

std::string found_at(std::string_view text, std::size_t at) {
	const auto word = word_at(text, at);
	if (!word.empty())
		return std::string(word);
	return text[at] == '"' ? "a string" : shown_byte(text[at]);
}

std::string expected(const SyntaxState& state) {
	const bool object = state.container == '{';
	switch (state.after) {
	case After::start:
		return "a JSON object, {…}";
	case After::open:
		return object ? "a key in double quotes or '}'" : "a value or ']'";
	case After::comma:
		return object ? "a key in double quotes" : "a value";
	case After::colon:
		return "a value";
	case After::key:
		return "':'";
	case After::value:
		break;
	}
	if (!state.container)
		return "the end of the text";
	return object ? "',' or '}'" : "',' or ']'";
}

bool expects_key(const SyntaxState& state) {
	return state.container == '{' && (state.after == After::open || state.after == After::comma);
}

bool expects_value(const SyntaxState& state) {
	return state.after == After::start || state.after == After::colon ||
	       (state.container == '[' && (state.after == After::open || state.after == After::comma));
}

// Whether the text before `at` ends with the first half of a surrogate pair, as in \ud83d.
bool behind_half_pair(std::string_view text, std::size_t at) {
	if (at < 6 || text.substr(at - 6, 2) != "\\u" || (text[at - 4] | 0x20) != 'd')
		return false;
	return std::string_view("89abAB").find(text[at - 3]) != std::string_view::npos;
}

Finding explain_in_string(const SyntaxState& state, const json::error_code& error) {
	const char c = state.text[state.offset];
	const auto byte = static_cast<unsigned char>(c);
	const auto at = [&](std::string message) { return Finding{state.place(state.offset), std::move(message)}; };
	if (error == json::error::illegal_leading_surrogate || error == json::error::illegal_trailing_surrogate ||
	    error == json::error::expected_utf16_escape || behind_half_pair(state.text, state.offset))
		return at("half of a surrogate pair: the other \\u escape is missing");
	if (error == json::error::expected_hex_digit)
		return at("four hexadecimal digits are expected after \\u, found " + shown_byte(c));
	if (c == '\n' || c == '\r')
		return {
		    state.place(state.token_start),
		    "the string that starts here does not end on its line: close it, or write \\n for a line break"};
	if (byte < 0x20) {
		char escape[8];
		std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
		return at("control character in a string: write " + std::string(escape));
	}
	if (byte >= 0x80 || static_cast<unsigned char>(state.text[state.offset - 1]) >= 0x80)
		return at("invalid UTF-8: save the file as UTF-8");
	return at("unknown escape \\" + std::string(1, c) + ": a backslash itself is written \\\\");
}

// A number, true, false or null that went wrong behind its first character.
Finding explain_in_word(const SyntaxState& state, const json::error_code& error) {
	const auto at = state.place(state.token_start);
	const auto word = word_at(state.text, state.token_start);
	if (error == json::error::exponent_overflow)
		return {at, "number " + std::string(word) + " is too large"};
	const char first = state.text[state.token_start];
	if (first != '-' && (first < '0' || first > '9'))
		return {at,
			"unknown word " + quote(word) + ": write true, false or null, or a string in double quotes"};
	const std::size_t digit = first == '-' ? 1 : 0;
	const bool octal =
	    word.size() > digit + 1 && word[digit] == '0' && word[digit + 1] >= '0' && word[digit + 1] <= '9';
	return {at, "malformed number " + (word.empty() ? shown_byte(first) : std::string(word)) +
			(octal ? ": leave out the leading zero" : ": put text in double quotes")};
}

Finding explain_end(const SyntaxState& state) {
	const auto place = state.place(state.text.size());
	const auto opened = [&](std::size_t at) { return " at " + state.sources->describe(state.place(at)); };
	if (state.after == After::start && state.token == Token::none)
		return {state.place(0), "empty: the least is {\"permitted_cidrs\": [\"127.0.0.0/8\"]}"};
	if (state.token == Token::string)
		return {place, "the text ends within the string that starts" + opened(state.token_start)};
	std::string message = "the text ends, but " + expected(state) + " is expected";
	if (state.token == Token::word)
		message = "the text ends within " + std::string(word_at(state.text, state.token_start));
	if (state.container)
		message += ": " + shown_byte(state.container) + opened(state.container_start) + " is not closed";
	return {place, message};
}

std::string hint(const SyntaxState& state) {
	const auto word = word_at(state.text, state.offset);
	const char c = state.text[state.offset];
	if (c == '\'')
		return ": strings are written in double quotes";
	if (expects_key(state) && !word.empty())
		return ": write \"" + std::string(word) + '"';
	if (expects_value(state)) {
		if (word == "True" || word == "TRUE")
			return ": write true";
		if (word == "False" || word == "FALSE")
			return ": write false";
		if (word == "None" || word == "NULL" || word == "Null")
			return ": write null";
		if (!word.empty())
			return ": strings are written in double quotes";
	}
	if (state.after == After::value && state.container && expected(state).front() == '\'' && c == '"')
		return ": is a comma missing?";
	return {};
}

} // namespace

Finding explain_syntax_error(const SyntaxState& state, const json::error_code& error) {
	const auto text = state.text;
	const auto at = state.place(state.offset);
	for (const std::string_view mark : {"\xff\xfe", "\xfe\xff"})
		if (text.starts_with(mark))
			return {state.place(0), "UTF-16 text: save the file as UTF-8"};
	if (text.starts_with("\xef\xbb\xbf"))
		return {state.place(0), "a byte order mark: save the file as UTF-8 without it"};
	if (state.offset >= text.size())
		return explain_end(state);
	if (error == json::error::too_deep)
		return {at, "nested deeper than " + std::to_string(max_document_depth) + " levels"};
	if (state.token != Token::none && state.offset > state.token_start)
		return state.token == Token::string ? explain_in_string(state, error) : explain_in_word(state, error);

	const char c = text[state.offset];
	if (error == json::error::exponent_overflow)
		return explain_in_word(state, error);
	if (c == '/' || c == '#')
		return {at, "comments are not part of JSON: remove it"};
	if (state.after == After::comma && (c == '}' || c == ']'))
		return {state.place(state.comma), "a comma before " + shown_byte(c) + ": remove it"};
	return {at, "expected " + expected(state) + ", found " + found_at(text, state.offset) + hint(state)};
}

} // namespace tmon
