// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/runner.hpp"

#include "host/system/clock.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kFlushInterval = 1s;   // while events keep coming; an idle runner flushes at once
constexpr auto kFirstNap = 50us;      // pauses double from here
constexpr auto kLongestNap = 1000us;
// A reader at the heels of the writer takes the cache lines away that the writer is about to need: with
// fewer events than this in every ring, let some more gather.
constexpr uint64_t kMany = 512;
constexpr auto kSleepAfter = 5ms;     // of silence: sleep until woken
constexpr auto kFailureReport = 10s;  // at most one line about failing calls in this time
constexpr auto kGivenUpPause = 1s;     // between two looks of a plugin that has given up
constexpr int kMessagesAtOnce = 64;   // events get their turn in between

tmon_str to_str(std::string_view text) { return {text.data(), text.size()}; }

void add(std::atomic<uint64_t>& counter, uint64_t amount) { counter.fetch_add(amount, std::memory_order_relaxed); }

} // namespace

Runner::Runner(int socket, const std::function<void(const RunnerSetup&)>& become) : socket_(socket) {
	setup_ = std::make_unique<ReceivedSetup>(socket_);
	become(setup_->text);
	services_ = std::make_unique<HostServices>(socket_, *setup_->page, setup_->text);
}

Runner::~Runner() {
	if (plugin_)
		module_->api().destroy(plugin_);
}

void Runner::refuse(int32_t status, std::string_view reason) {
	send_message(socket_, MessageType::refused, status, reason.substr(0, kMaxMessage / 2), {}, 0);
}

bool Runner::start_plugin() {
	const RunnerSetup& setup = setup_->text;
	try {
		module_ = std::make_unique<PluginModule>(
		    std::move(setup_->fd(SetupFd::plugin)), setup.plugin_path);
	} catch (const PluginLoadError& error) {
		refuse(TMON_E_CONFIG, error.what());
		return false;
	}
	const tmon_plugin_api& api = module_->api();
	const int32_t status = api.create(&services_->table(), to_str(setup.config_json), &plugin_);
	if (status != TMON_OK) {
		plugin_ = nullptr;
		refuse(status, services_->take_failure(status));
		return false;
	}
	if (api.get_extension) {
		extensions_.alerts = static_cast<const tmon_ext_alerts*>(api.get_extension(plugin_, to_str(TMON_EXT_ALERTS)));
		extensions_.ticks = static_cast<const tmon_ext_ticks*>(api.get_extension(plugin_, to_str(TMON_EXT_TICKS)));
		extensions_.end = static_cast<const tmon_ext_end*>(api.get_extension(plugin_, to_str(TMON_EXT_END)));
	}
	cursors_.resize(setup_->rings.rings());
	lost_.resize(cursors_.size());
	for (std::size_t ring = 0; ring < cursors_.size(); ++ring)
		cursors_[ring] = setup_->page->cursor[ring].load(std::memory_order_relaxed);
	PluginTraits traits;
	traits.id = module_->entry().id;
	traits.version = module_->entry().version;
	traits.takes_events = api.on_batch != nullptr;
	traits.takes_alerts = extensions_.alerts != nullptr;
	traits.wants_ticks = extensions_.ticks != nullptr;
	return send_message(socket_, MessageType::ready, TMON_OK, encode(traits), {}, 0) == 0;
}

int Runner::run() {
	if (!start_plugin())
		return 1;
	last_flush_ = last_progress_ = steady_clock::now();
	nap_ = kFirstNap;
	while (!finished_) {
		RunnerPage& page = *setup_->page;
		if (page.mail.load(std::memory_order_acquire) != mail_seen_ || !services_->postponed().empty())
			handle_messages();
		if (finished_)
			break;
		const Found found = module_->api().on_batch && !drained_ ? sweep() : Found::nothing;
		if (found == Found::nothing) {
			idle();
			continue;
		}
		const auto now = steady_clock::now();
		last_progress_ = now;
		nap_ = kFirstNap;
		if (now - last_flush_ >= kFlushInterval)
			flush();
		if (found == Found::few && !drain_to_)
			pause(kFirstNap);
	}
	return exit_code_;
}

// Reads each ring once.
Runner::Found Runner::sweep() {
	if (gave_up_) {
		discard_all();
		return Found::nothing;
	}
	if (held_) {
		offer(*held_);
		return held_ ? Found::nothing : Found::many;
	}
	Found found = Found::nothing;
	RunnerPage& page = *setup_->page;
	for (uint32_t ring = 0; ring < cursors_.size() && !held_ && !gave_up_; ++ring) {
		const RingRead read = setup_->rings.read(ring, cursors_[ring], buffer_);
		if (read.count == 0 && read.lost == 0)
			continue;
		if (found == Found::nothing)
			found = Found::few;
		if (read.count + read.lost >= kMany)
			found = Found::many;
		lost_[ring] += read.lost;
		add(page.lagged, read.lost);
		in_hand_ += read.count;
		page.in_hand.store(in_hand_, std::memory_order_relaxed);
		page.cursor[ring].store(cursors_[ring], std::memory_order_release);
		if (read.count == 0)
			continue;
		tmon_batch batch{};
		batch.size = sizeof batch;
		batch.ring = ring;
		batch.first_seq = read.first_seq;
		batch.count = read.count;
		batch.event_stride = TMON_RING_UNIT;
		batch.lost_before = std::exchange(lost_[ring], 0);
		batch.events = buffer_.event(read.first);
		offer(batch);
	}
	return found;
}

void Runner::offer(const tmon_batch& offered) {
	tmon_batch batch = offered;
	batch.clock_offset_ns = utc_offset_ns();
	const tmon_plugin_api& api = module_->api();
	const int32_t status = api.on_batch(plugin_, &batch);
	unflushed_ = true;
	if (status == TMON_RETRY) {
		held_ = batch;
		return;
	}
	held_.reset();
	if (status == TMON_OK && api.flush)
		return;
	RunnerPage& page = *setup_->page;
	add(status == TMON_OK ? page.delivered : page.failed, batch.count);
	in_hand_ -= batch.count;
	page.in_hand.store(in_hand_, std::memory_order_relaxed);
	if (status != TMON_OK)
		note_failure("on_batch", status);
}

void Runner::flush() {
	last_flush_ = steady_clock::now();
	const tmon_plugin_api& api = module_->api();
	const uint64_t held = held_ ? held_->count : 0;
	const uint64_t taken = in_hand_ - held;
	if (!unflushed_ || gave_up_ || !api.flush)
		return;
	unflushed_ = false;
	const int32_t status = api.flush(plugin_);
	RunnerPage& page = *setup_->page;
	add(status == TMON_OK ? page.delivered : page.failed, taken);
	in_hand_ = held;
	page.in_hand.store(in_hand_, std::memory_order_relaxed);
	if (status != TMON_OK)
		note_failure("flush", status);
}

// A plugin that cannot go on may say so in any call.
void Runner::note_failure(const char* call, int32_t status) {
	report_failure(call, status);
	if (status == TMON_E_FATAL && !gave_up_)
		give_up(status);
}

// The plugin takes nothing any more: whatever is reported from here on counts as failed for it.
void Runner::give_up(int32_t status) {
	gave_up_ = true;
	exit_code_ = 1;
	services_->log(TMON_LOG_ERROR, std::string("gets no more events: ") + status_text(status));
	add(setup_->page->failed, in_hand_);
	in_hand_ = 0;
	held_.reset();
	setup_->page->in_hand.store(0, std::memory_order_relaxed);
	discard_all();
}

void Runner::discard_all() {
	for (uint32_t ring = 0; ring < cursors_.size(); ++ring) {
		const uint64_t head = setup_->rings.head(ring);
		add(setup_->page->failed, head - cursors_[ring]);
		cursors_[ring] = head;
		setup_->page->cursor[ring].store(head, std::memory_order_release);
	}
}

void Runner::report_failure(const char* call, int32_t status) {
	const std::string reason = services_->take_failure(status);
	++failures_;
	const auto now = steady_clock::now();
	if (failures_ > 1 && now - last_failure_report_ < kFailureReport)
		return;
	last_failure_report_ = now;
	services_->log(TMON_LOG_ERROR, std::string(call) + " failed (" + std::to_string(failures_) +
	                                   " failures so far): " + reason);
}

bool Runner::has_events() const {
	for (uint32_t ring = 0; ring < cursors_.size(); ++ring) {
		if (setup_->rings.head(ring) != cursors_[ring])
			return true;
	}
	return false;
}

void Runner::idle() {
	flush();
	end_if_drained();
	// One of these calls may have opened a file, and what arrived meanwhile no longer wakes us.
	if (!services_->postponed().empty())
		return;
	const bool wants_events = module_->api().on_batch && !drained_;
	if (wants_events && !held_ && !gave_up_ && !drain_to_ && steady_clock::now() - last_progress_ >= kSleepAfter) {
		sleep_until_woken();
		return;
	}
	const auto nap = nap_;
	nap_ = std::min<std::chrono::nanoseconds>(nap_ * 2, kLongestNap);
	if (!wants_events)
		pause(std::nullopt);
	else if (gave_up_ && !drain_to_)
		pause(kGivenUpPause);
	else
		pause(nap);
}

// Waits for a message, but not longer than that.
void Runner::pause(std::optional<std::chrono::nanoseconds> limit) {
	pollfd wait{socket_, POLLIN, 0};
	timespec most{};
	if (limit) {
		most.tv_sec = limit->count() / 1'000'000'000;
		most.tv_nsec = limit->count() % 1'000'000'000;
	}
	if (ppoll(&wait, 1, limit ? &most : nullptr, nullptr) > 0)
		handle_messages();
}

// No wake-up is lost: we say that we sleep before we look a last time, and the host, once told, arms the
// doorbell before it looks; whoever writes an event later finds the doorbell armed. The host's look is the one
// that counts: ours spares the message when events have come meanwhile.
void Runner::sleep_until_woken() {
	RunnerPage& page = *setup_->page;
	page.asleep.store(1, std::memory_order_seq_cst);
	std::atomic_thread_fence(std::memory_order_seq_cst);
	const bool sleeps = !has_events();
	if (sleeps && send_message(socket_, MessageType::asleep, 0, {}, {}, 0) == 0) {
		pollfd wait{socket_, POLLIN, 0};
		while (poll(&wait, 1, -1) < 0 && errno == EINTR)
			;
	}
	page.asleep.store(0, std::memory_order_seq_cst);
	if (sleeps)
		handle_messages();
	last_progress_ = steady_clock::now();
	nap_ = kFirstNap;
}

void Runner::handle_messages() {
	mail_seen_ = setup_->page->mail.load(std::memory_order_acquire);
	for (int handled = 0; !finished_; ++handled) {
		if (handled == kMessagesAtOnce) {
			--mail_seen_; // there may be more
			return;
		}
		std::deque<Message>& postponed = services_->postponed();
		if (!postponed.empty()) {
			Message message = std::move(postponed.front());
			postponed.pop_front();
			handle(std::move(message));
			continue;
		}
		std::optional<Message> message = receive_message(socket_, MSG_DONTWAIT);
		if (message) {
			handle(std::move(*message));
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
	case MessageType::finish:
		flush();
		module_->api().destroy(std::exchange(plugin_, nullptr));
		send_message(socket_, MessageType::ended, gave_up_ ? TMON_E_FATAL : TMON_OK, {}, {}, 0);
		finished_ = true;
		break;
	default:
		break;
	}
}

void Runner::handle_tick(const std::string& body) {
	if (!extensions_.ticks || gave_up_)
		return;
	tmon_tick tick{};
	std::memcpy(&tick, body.data(), std::min(body.size(), sizeof tick));
	tick.size = sizeof tick;
	flush();
	if (gave_up_)
		return;
	unflushed_ = true;
	if (const int32_t status = extensions_.ticks->on_tick(plugin_, &tick); status < 0)
		note_failure("on_tick", status);
}

void Runner::handle_alert(const std::string& body) {
	const std::optional<DecodedAlert> decoded = decode_alert(body);
	const bool taken = decoded && extensions_.alerts && !gave_up_;
	unflushed_ |= taken;
	const int32_t status = taken ? extensions_.alerts->on_alert(plugin_, &decoded->alert) : TMON_E_UNSUPPORTED;
	add(status == TMON_OK ? setup_->page->alerts_delivered : setup_->page->alerts_failed, 1);
	if (taken && status != TMON_OK)
		note_failure("on_alert", status);
}

void Runner::end_if_drained() {
	if (!drain_to_ || drained_)
		return;
	if (module_->api().on_batch && !gave_up_) {
		if (held_)
			return;
		for (std::size_t ring = 0; ring < cursors_.size(); ++ring) {
			if (cursors_[ring] < (*drain_to_)[ring])
				return;
		}
	}
	if (extensions_.end && !gave_up_) {
		unflushed_ = true;
		if (const int32_t status = extensions_.end->on_end(plugin_); status < 0)
			note_failure("on_end", status);
		flush();
	}
	drained_ = true;
	send_message(socket_, MessageType::drained, TMON_OK, {}, {}, 0);
}

} // namespace tmon
