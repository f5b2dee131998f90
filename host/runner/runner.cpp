// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/runner.hpp"

#include "host/runner/state_file.hpp"
#include "host/system/clock.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

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

// What is counted has been taken: the cursor is stored first, so that a runner that dies in between has lost some
// events and has not counted some that it never took.
void add(std::atomic<uint64_t>& counter, uint64_t amount) { counter.fetch_add(amount, std::memory_order_release); }

} // namespace

Runner::Runner(int socket, const std::function<std::string(const RunnerSetup&)>& enter_sandbox) : socket_(socket) {
	setup_ = std::make_unique<ReceivedSetup>(socket_);
	sandbox_report_ = enter_sandbox(setup_->text);
	services_ = std::make_unique<HostServices>(socket_, *setup_->page, setup_->text);
	buffer_.emplace(std::span(setup_->page->events));
}

Runner::~Runner() {
	plugin_.reset();
	if (!services_)
		return;
	services_->close();
	// The plugin may still use the table; see HostServices. Reachable from here for ever.
	static auto& closed = *new std::vector<std::unique_ptr<HostServices>>;
	static std::mutex mutex;
	const std::lock_guard lock(mutex);
	closed.push_back(std::move(services_));
}

void Runner::refuse(int32_t status, std::string_view reason) {
	// What is no error cannot be why it is not to run.
	send_message(socket_, MessageType::refused, status < 0 ? status : TMON_E_INTERNAL, reason.substr(0, kMaxMessage / 2), {},
	             0);
}

int64_t Runner::clock_offset() const { return setup_->text.clock_offset_ns.value_or(utc_offset_ns()); }

bool Runner::load() {
	const RunnerSetup& setup = setup_->text;
	RunnerPage& page = *setup_->page;
	page.call.store(static_cast<uint32_t>(Call::load), std::memory_order_relaxed);
	std::string reason;
	try {
		const PluginModule& module = PluginModule::load(std::move(setup_->fd(SetupFd::plugin)), setup.plugin_path);
		reason = contradict_manifest(module.entry(), setup.manifest, setup.plugin_id, setup.plugin_version);
		plugin_ = std::make_unique<LoadedPlugin>(module, page, *services_);
	} catch (const PluginLoadError& error) {
		refuse(TMON_E_CONFIG, error.what());
		return false;
	}
	page.call.store(static_cast<uint32_t>(Call::none), std::memory_order_relaxed);
	if (!reason.empty()) {
		refuse(TMON_E_CONFIG, setup.plugin_path + " cannot be used: " + reason);
		return false;
	}
	return send_message(socket_, MessageType::loaded, TMON_OK, sandbox_report_, {}, 0) == 0;
}

// Waits for the word, then creates the plugin. False when it is not to run.
bool Runner::begin() {
	std::optional<Message> word;
	do {
		do
			word = next_message(0);
		while (word && services_->take_names(*word));
		if (!word || word->type == MessageType::finish) {
			exit_code_ = word ? 0 : 1;
			if (word)
				send_message(socket_, MessageType::ended, TMON_OK, {}, {}, 0);
			return false;
		}
	} while (word->type != MessageType::begin);
	const RunnerSetup& setup = setup_->text;
	exit_code_ = 1;
	if (const int32_t status = plugin_->create(setup.config_json); status != TMON_OK) {
		refuse(status, services_->take_failure(status));
		return false;
	}
	if (const std::string wrong = plugin_->contradict(setup.capabilities); !wrong.empty()) {
		refuse(TMON_E_CONFIG, setup.plugin_path + " cannot be used: " + wrong);
		return false;
	}
	if (!word->descriptors.empty() && !restore_state(word->descriptors.front().get()))
		return false;
	if (send_message(socket_, MessageType::ready, TMON_OK, encode(plugin_->traits()), {}, 0) != 0)
		return false;
	cursors_.resize(setup_->rings.rings());
	lost_.resize(cursors_.size());
	for (std::size_t ring = 0; ring < cursors_.size(); ++ring) {
		cursors_[ring] = setup_->page->cursor[ring].load(std::memory_order_relaxed);
		lost_[ring] = setup_->page->untold[ring].load(std::memory_order_relaxed);
	}
	exit_code_ = 0;
	setup_->page->handled.fetch_add(1, std::memory_order_release);
	return true;
}

bool Runner::restore_state(int descriptor) {
	if (!plugin_->traits().has_state)
		return true;
	const int32_t status = plugin_->restore(read_state(descriptor));
	if (status == TMON_OK)
		return true;
	refuse(status, "it cannot take over what the one before it has saved: " + services_->take_failure(status));
	return false;
}

int Runner::run() {
	if (!load() || !begin())
		return exit_code_;
	RunnerPage& page = *setup_->page;
	last_flush_ = last_progress_ = steady_clock::now();
	nap_ = kFirstNap;
	while (!finished_) {
		add(page.beats, 1);
		if (page.mail.load(std::memory_order_acquire) != mail_seen_ || !services_->postponed().empty())
			handle_messages();
		if (finished_)
			break;
		const Found found = reads() ? sweep() : Found::nothing;
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
		const RingRead read = setup_->rings.read(ring, cursors_[ring], *buffer_);
		if (read.count == 0 && read.lost == 0)
			continue;
		if (found == Found::nothing)
			found = Found::few;
		if (read.count + read.lost >= kMany)
			found = Found::many;
		lost_[ring] += read.lost;
		page.cursor[ring].store(cursors_[ring], std::memory_order_release);
		add(page.lagged, read.lost);
		in_hand_ += read.count;
		page.in_hand.store(in_hand_, std::memory_order_relaxed);
		if (read.count == 0)
			continue;
		tmon_batch batch{};
		batch.size = sizeof batch;
		batch.ring = ring;
		batch.first_seq = read.first_seq;
		batch.count = read.count;
		batch.event_stride = TMON_RING_UNIT;
		batch.lost_before = std::exchange(lost_[ring], 0);
		batch.clock_offset_ns = clock_offset();
		batch.events = buffer_->event(read.first);
		keep_in_hand(batch, read.first);
		offer(batch);
	}
	return found;
}

// Should the plugin die of it, the host finds here what it was.
void Runner::keep_in_hand(const tmon_batch& batch, uint32_t first) {
	BatchInHand& kept = setup_->page->batch;
	kept.ring.store(batch.ring, std::memory_order_relaxed);
	kept.first.store(first, std::memory_order_relaxed);
	kept.count.store(batch.count, std::memory_order_relaxed);
	kept.first_seq.store(batch.first_seq, std::memory_order_relaxed);
	kept.lost_before.store(batch.lost_before, std::memory_order_relaxed);
	kept.clock_offset_ns.store(batch.clock_offset_ns, std::memory_order_relaxed);
}

void Runner::offer(const tmon_batch& offered) {
	tmon_batch batch = offered;
	batch.clock_offset_ns = clock_offset();
	const int32_t status = plugin_->on_batch(batch);
	unflushed_ = true;
	if (status == TMON_RETRY) {
		held_ = batch;
		return;
	}
	held_.reset();
	if (status == TMON_OK && plugin_->flushes())
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
	const uint64_t held = held_ ? held_->count : 0;
	const uint64_t taken = in_hand_ - held;
	if (!unflushed_ || gave_up_ || !plugin_->flushes())
		return;
	unflushed_ = false;
	const int32_t status = plugin_->flush();
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
		setup_->page->cursor[ring].store(head, std::memory_order_release);
		add(setup_->page->failed, head - std::exchange(cursors_[ring], head));
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
	if (reading_)
		flush();
	end_if_drained();
	// One of these calls may have opened a file, and what arrived meanwhile no longer wakes us.
	if (!services_->postponed().empty())
		return;
	const bool wants_events = reads();
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

void Runner::end_if_drained() {
	if (!drain_to_ || drained_ || !reading_)
		return;
	if (plugin_->takes_events() && !gave_up_) {
		if (held_)
			return;
		for (std::size_t ring = 0; ring < cursors_.size(); ++ring) {
			if (cursors_[ring] < (*drain_to_)[ring])
				return;
		}
	}
	if (plugin_->has_end() && !gave_up_) {
		unflushed_ = true;
		if (const int32_t status = plugin_->on_end(); status < 0)
			note_failure("on_end", status);
		flush();
	}
	drained_ = true;
	send_message(socket_, MessageType::drained, TMON_OK, {}, {}, 0);
}

} // namespace tmon
