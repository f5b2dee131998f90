// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Whether a runner gets on, and whether what its page says can be true.
#include "host/supervise/runner_link.hpp"

#include "host/diagnostics/log.hpp"

#include <algorithm>

namespace tmon {

namespace {

using namespace std::chrono_literals;

// For the start of a process, and all that runs while the plugin is loaded.
constexpr std::chrono::milliseconds kLoadLimit = 5s;
// An answer may take several calls into the plugin, but not more of its deadlines than this.
constexpr int kDeadlinesForAnswer = 4;
// Lines that one runner can have lost: more takes longer than any runs. What one claims must not make the sum over all run
// over, and hide what others have lost.
constexpr uint64_t kMostLinesLost = uint64_t{1} << 40;

} // namespace

void RunnerLink::expect(Answer answer) {
	expected_ = answer;
	expected_for_ = 0ns;
}

void RunnerLink::note_answer(Answer answer) {
	if (expected_ == answer)
		expected_ = Answer::none;
}

bool RunnerLink::is_busy() const {
	if (expected_ != Answer::none)
		return true;
	if (page_->call.load(std::memory_order_relaxed) != static_cast<uint32_t>(Call::none))
		return true;
	if (!loaded_ || finishing_ || !outgoing_.empty() || page_->handled.load(std::memory_order_relaxed) != sent_)
		return true;
	return reading_ && traits_.takes_events && !told_asleep_ && !drained_;
}

std::chrono::milliseconds RunnerLink::time_limit() const {
	return loaded_ ? config_.limits.deadline : std::max(config_.limits.deadline, kLoadLimit);
}

// Looks from time to time whether it gets on, as long as it is busy: at rest nobody wakes up.
void RunnerLink::watch() {
	if (watching_ || gone_)
		return;
	watching_ = true;
	silence_ = 0ns;
	look();
}

void RunnerLink::look() {
	if (gone_ || !is_busy()) {
		watching_ = false;
		return;
	}
	const auto period = std::clamp<std::chrono::nanoseconds>(config_.limits.deadline / 8, 10ms, 250ms);
	watch_timer_.expires_after(period);
	watch_timer_.async_wait(guarded([period](RunnerLink& self, const boost::system::error_code& failed) {
		if (failed)
			return;
		const uint64_t beats = self.page_->beats.load(std::memory_order_relaxed);
		// Not by the clock: after a pause of the whole machine nobody is late.
		self.silence_ = beats == self.beats_seen_ ? self.silence_ + period : 0ns;
		self.beats_seen_ = beats;
		self.expected_for_ += period;
		const auto limit = self.time_limit();
		if (const std::string lie = self.impossible(false); !lie.empty())
			self.kill("says what cannot be true: " + lie);
		else if (self.deaf_ && self.expected_for_ >= limit)
			self.give_up_on("has closed its connection to the host");
		else if (self.silence_ >= limit)
			self.give_up_on("did not return from " + std::string(call_name(self.page_->call.load())) + " within " +
			                std::to_string(limit.count()) + " ms");
		else if (self.expected_ != Answer::none && self.expected_for_ >= kDeadlinesForAnswer * limit)
			self.give_up_on("did not do what it was told within " +
			                std::to_string((kDeadlinesForAnswer * limit).count()) + " ms");
		self.look();
	}));
}

void RunnerLink::give_up_on(const std::string& late) {
	if (std::exchange(overdue_, true))
		return;
	if (kill(late))
		return;
	log_error("plugin " + config_.name + " " + late + "; it runs in a thread and cannot be ended");
	listener_.on_overdue(*this, "it " + late);
}

// --- its page ---

RunnerFigures RunnerLink::figures() const {
	if (frozen_)
		return *frozen_;
	RunnerFigures figures;
	// Counters first, cursors then: what is counted has been taken.
	figures.delivered = page_->delivered.load(std::memory_order_acquire);
	figures.lagged = page_->lagged.load(std::memory_order_acquire);
	figures.failed = page_->failed.load(std::memory_order_acquire);
	figures.in_hand = page_->in_hand.load(std::memory_order_acquire);
	for (uint32_t ring = 0; ring < from_.cursors.size(); ++ring) {
		const uint64_t told = page_->cursor[ring].load(std::memory_order_acquire);
		const uint64_t begin = from_.cursors[ring], head = environment_.rings.head(ring);
		if ((told < begin || told > head) && figures.wrong_cursor.empty())
			figures.wrong_cursor = "ring " + std::to_string(ring) + " has the events " + std::to_string(begin) + " to " +
			                       std::to_string(head) + ", its cursor is " + std::to_string(told);
		const uint64_t cursor = std::clamp(told, begin, head);
		figures.cursors.push_back(cursor);
		figures.untold.push_back(std::min(page_->untold[ring].load(std::memory_order_relaxed), cursor));
		figures.taken += cursor - begin;
	}
	return figures;
}

uint64_t RunnerLink::lines_lost() const noexcept {
	return std::min(page_->log_lines_lost.load(std::memory_order_relaxed), kMostLinesLost) + lines_hidden_;
}

std::string RunnerLink::impossible(bool at_rest) const {
	const RunnerFigures figures = this->figures();
	if (!figures.wrong_cursor.empty() || !at_rest || !traits_.takes_events || figures.add_up())
		return figures.wrong_cursor;
	return "it took " + std::to_string(figures.taken) + " events, and counts " + std::to_string(figures.delivered) +
	       " delivered, " + std::to_string(figures.lagged) + " lagged, " + std::to_string(figures.failed) +
	       " failed and " + std::to_string(figures.in_hand) + " in hand";
}

} // namespace tmon
