// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "bpf/filter_state.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>

namespace tmon {

// Drop mode on approval: unless somebody confirms in time, packets are only logged again. The program itself looks at the
// end of the time, so that it holds even if nobody runs this any more; what is here says so, and takes the confirmation.
class Confirmation {
public:
	enum class State {
		none,     // not asked for, or given
		waiting,
		reverted, // nobody has confirmed
	};

	// `state` is memory that the programs share and outlives this.
	Confirmation(boost::asio::io_context& io, tmon_filter_state& state);

	// From now on.
	void begin(std::chrono::milliseconds limit);
	// Dropping does not depend on it any more, or there is none.
	void cancel();
	// False when it is too late, or nothing is to be confirmed.
	bool confirm();

	// For a change that may fail: how it was before.
	struct Saved {
		State state;
		uint64_t until_ns, shared_ns;
	};
	Saved save() const noexcept { return {state_, until_ns_, shared_.drop_until_ns}; }
	void restore(const Saved& saved);

	State state() const noexcept { return state_; }
	std::chrono::milliseconds left() const;

private:
	void wait();

	tmon_filter_state& shared_;
	boost::asio::steady_timer timer_;
	State state_ = State::none;
	uint64_t until_ns_ = 0; // CLOCK_MONOTONIC
};

} // namespace tmon
