// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/source.hpp"

#include "host/config/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tmon {

namespace {

std::vector<std::uint32_t> line_starts_of(std::string_view text) {
	std::vector<std::uint32_t> starts{0};
	for (std::size_t at = 0; at < text.size();) {
		const void* const found = std::memchr(text.data() + at, '\n', text.size() - at);
		if (!found)
			break;
		at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1;
		starts.push_back(static_cast<std::uint32_t>(at));
	}
	return starts;
}

} // namespace

Sources::Sources(std::string file, std::string_view text) { add_file(std::move(file), text); }

std::uint32_t Sources::add_option(std::string name) {
	sources_.push_back({std::move(name), {}});
	return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t Sources::add_file(std::string name, std::string_view text) {
	sources_.push_back({std::move(name), line_starts_of(text)});
	return static_cast<std::uint32_t>(sources_.size() - 1);
}

EntryPlace Sources::entry_place(Place place) const {
	const auto& starts = sources_[place.source].line_starts;
	if (starts.empty() || place.offset == Place::whole)
		return {place.source, 0, 0};
	const auto next = std::upper_bound(starts.begin(), starts.end(), place.offset);
	return {place.source, static_cast<std::uint32_t>(next - starts.begin()), place.offset - *std::prev(next) + 1};
}

Place Sources::place(const EntryPlace& place) const {
	if (place.line == 0)
		return {place.file, is_file(place.file) ? Place::whole : 0};
	return {place.file, sources_[place.file].line_starts[place.line - 1] + place.column - 1};
}

Diagnostic Sources::diagnostic(Place place, std::string message) const {
	const EntryPlace at = entry_place(place);
	return {sources_[place.source].name, at.line, at.column, std::move(message)};
}

std::string Sources::describe(Place place, std::uint32_t from) const {
	const EntryPlace at = entry_place(place);
	if (at.line == 0)
		return sources_[place.source].name;
	if (place.source == from || (place.source == 0 && !is_file(from)))
		return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
	return sources_[place.source].name + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

std::string quote(std::string_view text) {
	constexpr std::size_t longest = 64;
	std::string result = "\"";
	char escape[8];
	for (std::size_t i = 0; i < text.size();) {
		// Not in the middle of a UTF-8 sequence.
		if (i >= longest)
			return result + "…\"";
		const std::size_t length = utf8_length(text.substr(i));
		const auto byte = static_cast<unsigned char>(text[i]);
		const auto second = static_cast<unsigned char>(length == 2 ? text[i + 1] : 0);
		if (length == 0) {
			std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(byte));
			result += escape;
		} else if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && second < 0xa0)) {
			// U+0080 to U+009F steer terminals, too.
			std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(length == 2 ? second : byte));
			result += escape;
		} else {
			if (byte == '"' || byte == '\\')
				result += '\\';
			result += text.substr(i, length);
		}
		i += std::max<std::size_t>(length, 1);
	}
	return result + '"';
}

std::string to_string(const Diagnostic& diagnostic, std::string_view severity) {
	std::string result = diagnostic.file;
	if (diagnostic.line)
		result += ':' + std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column);
	result.append(": ").append(severity).append(": ");
	return result + diagnostic.message;
}

} // namespace tmon
