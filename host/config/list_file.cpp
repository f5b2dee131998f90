// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/list_file.hpp"

#include "host/config/source.hpp"

#include <algorithm>
#include <cstring>

namespace tmon {

namespace {

std::size_t find_or_end(std::string_view text, char wanted) {
	const void* const found = std::memchr(text.data(), wanted, text.size());
	return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string explain(std::string_view text, const PrefixError& error) {
	const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
	if (end < text.size() && std::holds_alternative<Prefix>(parse_prefix(text.substr(0, end))))
		return quote(text) + ": text behind the prefix: put a '#' before it to make it a comment";
	return quote(text) + ": " + error.message;
}

// Bytes to skip at the start; all of them when what follows cannot be read.
std::size_t skip_mark(std::string_view text, const ListFault& fault) {
	if (text.starts_with("\xef\xbb\xbf")) {
		fault(0, "a byte order mark: save the file as UTF-8 without it");
		return 3;
	}
	if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
		fault(0, "UTF-16 text: save the file as UTF-8");
		return text.size();
	}
	return 0;
}

} // namespace

void parse_list(std::string_view text, EntryClass kind, std::uint32_t file, std::vector<PolicyEntry>& entries,
                const ListFault& fault) {
	std::size_t at = skip_mark(text, fault);
	if (at == text.size())
		return;
	entries.reserve(entries.size() + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
	std::size_t line_start = 0;
	for (std::uint32_t line = 1; at < text.size(); ++line) {
		const std::size_t line_end = at + find_or_end(text.substr(at), '\n');
		std::string_view rest = text.substr(at, line_end - at);
		if (rest.ends_with('\r'))
			rest.remove_suffix(1);
		rest = rest.substr(0, find_or_end(rest, '#'));
		while (!rest.empty() && is_blank(rest.back()))
			rest.remove_suffix(1);
		while (!rest.empty() && is_blank(rest.front())) {
			rest.remove_prefix(1);
			++at;
		}
		if (!rest.empty()) {
			const auto parsed = parse_prefix(rest);
			if (const auto* prefix = std::get_if<Prefix>(&parsed))
				entries.push_back(
				    {*prefix, kind, {}, {file, line, static_cast<std::uint32_t>(at - line_start + 1)}});
			else
				fault(at, explain(rest, std::get<PrefixError>(parsed)));
		}
		at = line_start = line_end + 1;
	}
}

} // namespace tmon
