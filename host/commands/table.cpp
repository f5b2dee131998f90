// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/table.hpp"

#include <algorithm>

namespace tmon {

namespace {

std::size_t width_of(const std::string& text) {
	return static_cast<std::size_t>(std::count_if(
	    text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace

std::string format_table(const std::vector<std::vector<std::string>>& rows, const std::string& indent) {
	std::vector<std::size_t> widths;
	for (const auto& row : rows) {
		widths.resize(std::max(widths.size(), row.size()));
		for (std::size_t i = 0; i < row.size(); ++i)
			widths[i] = std::max(widths[i], width_of(row[i]));
	}
	std::string text;
	for (const auto& row : rows) {
		std::string line = indent;
		for (std::size_t i = 0; i < row.size(); ++i)
			line += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
		text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
	}
	return text;
}

} // namespace tmon
