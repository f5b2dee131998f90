// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/confirmation.hpp"

#include "host/diagnostics/log.hpp"
#include "host/system/clock.hpp"

#include <algorithm>
#include <atomic>
#include <string>

namespace tmon {

Confirmation::Confirmation(boost::asio::io_context& io, tmon_filter_state& state) : shared_(state), timer_(io) {}

void Confirmation::begin(std::chrono::milliseconds limit) {
	const auto span = std::chrono::duration_cast<std::chrono::nanoseconds>(limit).count();
	until_ns_ = static_cast<uint64_t>(clock_ns(CLOCK_MONOTONIC) + span);
	std::atomic_ref(shared_.drop_until_ns).store(until_ns_);
	state_ = State::waiting;
	log_warning("packets are dropped for " + std::to_string(limit.count() / 1000) +
	            " s unless it is confirmed: traffic-monitor ctl confirm");
	wait();
}

void Confirmation::cancel() {
	timer_.cancel();
	state_ = State::none;
	std::atomic_ref(shared_.drop_until_ns).store(0);
}

bool Confirmation::confirm() {
	if (state_ != State::waiting || left() == std::chrono::milliseconds::zero())
		return false;
	cancel();
	log_info("confirmed: packets are dropped for good");
	return true;
}

void Confirmation::restore(const Saved& saved) {
	timer_.cancel();
	state_ = saved.state;
	until_ns_ = saved.until_ns;
	std::atomic_ref(shared_.drop_until_ns).store(saved.shared_ns);
	if (state_ == State::waiting)
		wait();
}

std::chrono::milliseconds Confirmation::left() const {
	if (state_ != State::waiting)
		return {};
	const auto now = static_cast<uint64_t>(clock_ns(CLOCK_MONOTONIC));
	return std::chrono::milliseconds(until_ns_ <= now ? 0 : (until_ns_ - now + 999'999) / 1'000'000);
}

void Confirmation::wait() {
	timer_.expires_after(left());
	timer_.async_wait([this](const auto& failed) {
		if (failed || state_ != State::waiting)
			return;
		if (left() > std::chrono::milliseconds::zero())
			return wait();
		state_ = State::reverted;
		log_warning("nobody has confirmed in time: packets are only logged again; SIGHUP begins anew");
	});
}

} // namespace tmon
