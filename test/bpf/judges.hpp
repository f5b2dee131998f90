// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The real program with 10.0.0.0/8 and fd00::/8 permitted, and what it has to do with a frame that the oracle has
// judged.
#pragma once

#include "host/filter/xdp_filter.hpp"
#include "host/ring/event_rings.hpp"
#include "test/bpf/corpus.hpp"
#include "test/bpf/oracle.hpp"

#include <optional>
#include <string>

namespace tmon::test {

corpus::Fate fate_of(const oracle::Judgement& judgement);

// The bytes of a frame of `length` that the program can read when its first buffer has `linear`.
std::size_t readable_bytes(std::size_t linear, std::size_t length);

// What `frame` is to the oracle, to the parser and to the program: empty when they agree, else who says what.
class Judges {
public:
	// On the calling thread's CPU, where it has to stay.
	Judges();

	// `linear`: bytes in the first buffer, 0 all of them.
	std::string disagreement(const packet::Bytes& frame, std::size_t linear = 0);

	// Of the last frame.
	const oracle::Judgement& judgement() const { return judgement_; }
	corpus::Fate fate() const { return fate_of(judgement_); }

private:
	std::string judge_program(const packet::Bytes& frame, std::size_t linear);

	XdpFilter filter_;
	EventRings rings_;
	EventBuffer buffer_{16};
	uint64_t cursor_ = 0;
	oracle::Judgement judgement_;
};

} // namespace tmon::test
