// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/packet.hpp"

#include <algorithm>
#include <cstdint>

namespace tmon::test {

// Changes a valid frame here and there, mostly in its headers and mostly to values that mean something.
class Mutator {
public:
	explicit Mutator(uint64_t seed) : state_(seed) {}

	uint64_t below(uint64_t bound) {
		state_ ^= state_ << 13; // xorshift64
		state_ ^= state_ >> 7;
		state_ ^= state_ << 17;
		return state_ % bound;
	}

	packet::Bytes operator()(packet::Bytes frame) {
		for (uint64_t changes = 1 + below(3); changes > 0; --changes)
			change(frame);
		return frame;
	}

private:
	void change(packet::Bytes& frame) {
		static constexpr uint8_t telling[] = {0,    1,    4,    5,    6,    8,    17,   43,   44,   51,
		                                      58,   59,   60,   0x21, 0x45, 0x57, 0x60, 0x64, 67,   68,
		                                      0x81, 0x86, 0x88, 0x91, 133,  135,  0xa8, 0xaa, 0xdd, 0xff};
		const std::size_t at =
		    12 + below(std::max<std::size_t>(1, std::min<std::size_t>(frame.size(), 110) - 12));
		switch (at < frame.size() ? below(8) : 7) {
		case 0: frame[at] = static_cast<uint8_t>(below(256)); break;
		case 1:
		case 2: frame[at] = telling[below(sizeof telling)]; break;
		case 3: frame[at] ^= static_cast<uint8_t>(1u << below(8)); break;
		case 4: // a few bytes less
			frame.erase(frame.begin() + static_cast<std::ptrdiff_t>(at),
			            frame.begin() +
			                static_cast<std::ptrdiff_t>(std::min(frame.size(), at + 1 + below(8))));
			break;
		case 5: // a few bytes twice
			if (const std::size_t size = std::min<std::size_t>(1 + below(8), frame.size() - at); size > 0) {
				const packet::Bytes again(frame.begin() + static_cast<std::ptrdiff_t>(at),
				                          frame.begin() + static_cast<std::ptrdiff_t>(at + size));
				frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), again.begin(),
				             again.end());
			}
			break;
		case 6: // an end
			frame.resize(std::max<std::size_t>(14, at));
			break;
		default: // padding
			frame.resize(frame.size() + 1 + below(20));
		}
		if (frame.size() < 14)
			frame.resize(14);
	}

	uint64_t state_;
};

} // namespace tmon::test
