// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/source.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tmon {

Sources::Sources(std::string file, std::string_view text) : names_{std::move(file)}, line_starts_{0} {
	for (std::size_t i = 0; i < text.size(); ++i)
		if (text[i] == '\n')
			line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
}

std::uint32_t Sources::add_option(std::string name) {
	names_.push_back(std::move(name));
	return static_cast<std::uint32_t>(names_.size() - 1);
}

Diagnostic Sources::diagnostic(Place place, std::string message) const {
	Diagnostic result{names_[place.source], 0, 0, std::move(message)};
	if (place.source == 0) {
		const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), place.offset);
		result.line = static_cast<std::size_t>(next - line_starts_.begin());
		result.column = place.offset - *std::prev(next) + 1;
	}
	return result;
}

std::string Sources::describe(Place place) const {
	const Diagnostic d = diagnostic(place, {});
	if (d.line == 0)
		return d.file;
	return "line " + std::to_string(d.line) + ", column " + std::to_string(d.column);
}

std::string quote(std::string_view text) {
	constexpr std::size_t longest = 64;
	std::string result = "\"";
	for (std::size_t i = 0; i < text.size(); ++i) {
		const auto byte = static_cast<unsigned char>(text[i]);
		// Not in the middle of a UTF-8 sequence.
		if (i >= longest && (byte & 0xc0) != 0x80)
			return result + "…\"";
		if (byte < 0x20 || byte == 0x7f) {
			char escape[8];
			std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
			result += escape;
		} else {
			if (byte == '"' || byte == '\\')
				result += '\\';
			result += text[i];
		}
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
