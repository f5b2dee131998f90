// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/document.hpp"

#include <boost/json/error.hpp>

#include <cstddef>
#include <string_view>

namespace tmon {

// What had been read when a document turned out to be malformed.
struct SyntaxState {
	enum class After { start, open, comma, colon, key, value };
	enum class Token { none, string, word };

	std::string_view text;
	const Sources* sources = nullptr;
	std::uint32_t source = 0;
	std::size_t offset = 0; // the byte that was refused, or the end
	After after = After::start;
	Token token = Token::none; // what the byte is part of
	std::size_t token_start = 0;
	std::size_t comma = 0; // the last one
	char container = 0; // '{' or '[' when one is open
	std::size_t container_start = 0;

	Place place(std::size_t at) const { return {source, static_cast<std::uint32_t>(at)}; }
};

// Says what is wrong, what was expected there, and what to write for the usual mistakes.
Finding explain_syntax_error(const SyntaxState& state, const boost::json::error_code& error);

} // namespace tmon
