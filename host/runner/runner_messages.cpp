// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a runner does at the word of the host.
#include "host/runner/runner.hpp"
#include "host/runner/state_file.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tmon {

namespace {

constexpr int kMessagesAtOnce = 64; // events get their turn in between

} // namespace

// Whatever has come while a service waited for its answer comes first.
std::optional<Message> Runner::next_message(int flags) {
	std::deque<Message>& postponed = services_->postponed();
	if (postponed.empty())
		return receive_message(socket_, flags);
	std::optional<Message> message = std::move(postponed.front());
	postponed.pop_front();
	return message;
}

void Runner::handle_messages() {
	mail_seen_ = setup_->page->mail.load(std::memory_order_acquire);
	for (int handled = 0; !finished_; ++handled) {
		if (handled == kMessagesAtOnce) {
			--mail_seen_; // there may be more
			return;
		}
		std::optional<Message> message = next_message(MSG_DONTWAIT);
		if (message && services_->take_names(*message))
			continue;
		if (message) {
			handle(std::move(*message));
			setup_->page->handled.fetch_add(1, std::memory_order_release);
			continue;
		}
		if (errno == EBADMSG) {
			// It brought a descriptor, and the plugin has as many open as it may.
			services_->lose_names();
			setup_->page->handled.fetch_add(1, std::memory_order_release);
			continue;
		}
		if (errno != EAGAIN) {
			exit_code_ = 1; // the host is gone
			finished_ = true;
		}
		return;
	}
}

void Runner::handle(Message message) {
	switch (message.type) {
	case MessageType::go:
	case MessageType::resume:
		reading_ = true;
		last_progress_ = std::chrono::steady_clock::now();
		break;
	case MessageType::tick:
		handle_tick(message.body);
		break;
	case MessageType::alert_in:
		handle_alert(message.body);
		break;
	case MessageType::drain: {
		std::vector<uint64_t> heads(cursors_.size());
		if (message.body.size() == heads.size() * sizeof(uint64_t))
			std::memcpy(heads.data(), message.body.data(), message.body.size());
		drain_to_ = std::move(heads);
		break;
	}
	case MessageType::hand_over:
		hand_over(std::move(message));
		break;
	case MessageType::reconfigure: {
		flush();
		unflushed_ = true;
		const int32_t status = gave_up_ ? TMON_E_FATAL : plugin_->reconfigure(message.body);
		send_message(socket_, MessageType::reconfigured, status,
		             status == TMON_OK ? std::string() : services_->take_failure(status), {}, 0);
		break;
	}
	case MessageType::finish:
		finish();
		break;
	default:
		break;
	}
}

void Runner::handle_tick(const std::string& body) {
	if (gave_up_)
		return;
	tmon_tick tick{};
	std::memcpy(&tick, body.data(), std::min(body.size(), sizeof tick));
	tick.size = sizeof tick;
	flush();
	if (gave_up_)
		return;
	unflushed_ = true;
	if (const int32_t status = plugin_->on_tick(tick); status < 0 && status != TMON_E_UNSUPPORTED)
		note_failure("on_tick", status);
}

void Runner::handle_alert(const std::string& body) {
	const std::optional<DecodedAlert> decoded = decode_alert(body);
	const bool taken = decoded && plugin_->takes_alerts() && !gave_up_;
	unflushed_ |= taken;
	const int32_t status = taken ? plugin_->on_alert(decoded->alert) : TMON_E_UNSUPPORTED;
	auto& counter = status == TMON_OK ? setup_->page->alerts_delivered : setup_->page->alerts_failed;
	counter.fetch_add(1, std::memory_order_relaxed);
	if (taken && status != TMON_OK)
		note_failure("on_alert", status);
}

// Leaves everything behind as its successor is to find it: nothing in hand, nothing unflushed, cursors and losses in
// the page. What the plugin has not taken is given back.
void Runner::hand_over(Message message) {
	RunnerPage& page = *setup_->page;
	if (held_) {
		cursors_[held_->ring] = held_->first_seq;
		lost_[held_->ring] += held_->lost_before;
		in_hand_ -= held_->count;
		page.in_hand.store(in_hand_, std::memory_order_relaxed);
		held_.reset();
	}
	unflushed_ = true;
	flush();
	reading_ = false;
	for (std::size_t ring = 0; ring < cursors_.size(); ++ring) {
		page.untold[ring].store(lost_[ring], std::memory_order_relaxed);
		page.cursor[ring].store(cursors_[ring], std::memory_order_release);
	}
	int32_t status = TMON_OK;
	std::string reason;
	if (plugin_->traits().has_state && !gave_up_) {
		std::string state;
		status = plugin_->save(state);
		if (status != TMON_OK) {
			reason = services_->take_failure(status);
		} else if (message.descriptors.empty() || !write_state(message.descriptors.front().get(), state)) {
			status = TMON_E_IO;
			reason = "its state cannot be passed on";
		}
	}
	send_message(socket_, MessageType::handed_over, status, reason, {}, 0);
}

void Runner::finish() {
	flush();
	plugin_->destroy();
	services_->close(); // what a thread of it does from here on is not its doing any more
	send_message(socket_, MessageType::ended, gave_up_ ? TMON_E_FATAL : TMON_OK, {}, {}, 0);
	finished_ = true;
}

} // namespace tmon
