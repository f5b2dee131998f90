// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The parser against the oracle. The input is a frame; it is judged as a whole, with its end in a second buffer, and
// with more behind it than a length field can say.
#include "test/bpf/agreement.hpp"
#include "test/fuzz/target.hpp"

namespace tmon::fuzz {

const char* const target_name = "parser";

std::string complaint(std::span<const uint8_t> input) {
	constexpr std::size_t more_than_16_bits = 70'000;
	std::string text = test::native_disagreement(input, input.size());
	for (const std::size_t readable : {input.size() / 4, input.size() / 2, input.size() * 3 / 4})
		if (text.empty())
			text = test::native_disagreement(input.first(readable), input.size());
	if (text.empty())
		text = test::native_disagreement(input, input.size() + more_than_16_bits);
	return text;
}

} // namespace tmon::fuzz
