// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/agreement.hpp"

#include "test/bpf/native.hpp"

#include <iomanip>
#include <sstream>

namespace tmon::test {

std::string native_disagreement(std::span<const uint8_t> readable, std::size_t length) {
	const oracle::Judgement wanted = oracle::judge(readable, length);
	const oracle::Judgement said = judge_natively(readable, length);
	if (said == wanted)
		return {};
	std::ostringstream text;
	text << "oracle: " << wanted << "\nparser: " << said << "\n"
	     << length << " bytes in all, readable are\n"
	     << hex_dump(readable);
	return text.str();
}

std::string hex_dump(std::span<const uint8_t> frame) {
	constexpr std::size_t limit = 512;
	std::ostringstream text;
	text << std::hex << std::setfill('0');
	for (std::size_t at = 0; at < std::min(frame.size(), limit); ++at)
		text << std::setw(2) << unsigned{frame[at]} << (at % 16 == 15 ? '\n' : ' ');
	if (frame.size() > limit)
		text << "...";
	return text.str();
}

} // namespace tmon::test
