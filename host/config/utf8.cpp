// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace tmon {

std::size_t utf8_length(std::string_view text) {
	const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
	const unsigned lead = byte(0);
	const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 4;
	if (more == 4)
		return 0;
	uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);
	for (std::size_t k = 1; k <= more; ++k) {
		if ((byte(k) & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (byte(k) & 0x3f);
	}
	constexpr uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return more + 1;
}

bool is_utf8(std::string_view text) {
	while (!text.empty()) {
		const std::size_t length = utf8_length(text);
		if (length == 0)
			return false;
		text.remove_prefix(length);
	}
	return true;
}

std::string as_utf8(std::string_view text) {
	std::string result;
	while (!text.empty()) {
		const std::size_t length = utf8_length(text);
		if (length > 0) {
			result += text.substr(0, length);
		} else {
			char escaped[8];
			std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
			result += escaped;
		}
		text.remove_prefix(length > 0 ? length : 1);
	}
	return result;
}

} // namespace tmon
