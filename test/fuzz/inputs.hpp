// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tmon::fuzz {

struct Input {
	std::string file;
	std::vector<uint8_t> bytes;
};

// All files of a folder, by name.
inline std::vector<Input> kept_inputs(const std::filesystem::path& folder) {
	std::vector<Input> inputs;
	for (const auto& entry : std::filesystem::directory_iterator(folder)) {
		std::ifstream file(entry.path(), std::ios::binary);
		inputs.push_back({entry.path().string(), {std::istreambuf_iterator<char>(file), {}}});
	}
	std::sort(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) { return a.file < b.file; });
	return inputs;
}

// For messages: the text where it is some, else hexadecimal; cut when long.
inline std::string shown(const std::vector<uint8_t>& bytes) {
	constexpr std::size_t limit = 400;
	static constexpr char digits[] = "0123456789abcdef";
	std::string text;
	for (std::size_t at = 0; at < std::min(bytes.size(), limit); ++at) {
		const uint8_t byte = bytes[at];
		if (byte >= ' ' && byte < 0x7f && byte != '\\')
			text += static_cast<char>(byte);
		else
			text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
	}
	return std::to_string(bytes.size()) + " bytes: \"" + text + (bytes.size() > limit ? "\"..." : "\"");
}

} // namespace tmon::fuzz
