// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/diagnostics/line_budget.hpp"
#include "host/ring/event_rings.hpp"
#include "host/policy/block_request.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"
#include "host/spawner/spawner.hpp"
#include "host/supervise/grants.hpp"
#include "host/supervise/runner_names.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tmon {

// What all runners of a run share.
struct RunnerEnvironment {
	const EventRings& rings;
	int rings_descriptor;
	std::vector<Interface> interfaces;
	Spawner& spawner;
	std::optional<int64_t> clock_offset_ns; // of recorded events
	std::vector<uint64_t> untold = {};      // per ring, events that were lost before the first one; empty: none
	bool one_life = false;                  // a plugin that crashes stays dead
	bool can_block = false;                 // what plugins ask to have blocked can be
	std::shared_ptr<RunnerNames> names = nullptr; // that come up meanwhile; none: nobody gets any
};

// Where a runner begins to read.
struct StartPoint {
	std::vector<uint64_t> cursors; // per ring
	std::vector<uint64_t> untold;  // events before it that the plugin is to be told it missed
};

// What a runner says of its events, each read once: a plugin may change them under our eyes.
struct RunnerFigures {
	std::vector<uint64_t> cursors, untold; // per ring, no more than can be true
	uint64_t taken = 0;                    // what follows from the cursors
	uint64_t delivered = 0, lagged = 0, failed = 0, in_hand = 0; // as told

	std::string wrong_cursor; // which cannot be true, in words; empty when there is none

	bool exceed() const noexcept { return delivered > taken || lagged > taken - delivered; }
	bool add_up() const noexcept {
		return !exceed() && failed <= taken - delivered - lagged && in_hand == taken - delivered - lagged - failed;
	}
};

// The host's end of one runner, process or thread: its page, the messages to and from it, its output, its
// deadline, its end. Whatever it says is taken for what a plugin could have written.
// Lives on the thread that runs the io_context.
class RunnerLink : public std::enable_shared_from_this<RunnerLink>, RunnerNames::Reader {
public:
	struct Refusal {
		int32_t status = 0;
		std::string reason;
	};

	// What it tells whoever runs it. None is called after gone.
	struct Listener {
		virtual void on_loaded(RunnerLink&) = 0;
		virtual void on_ready(RunnerLink&) = 0;
		virtual void on_alert(RunnerLink&, const DecodedAlert&) = 0;
		virtual void on_block(RunnerLink&, const BlockRequest&) = 0; // which the configuration grants
		virtual void on_asleep(RunnerLink&) = 0;
		virtual void on_drained(RunnerLink&) = 0;
		virtual void on_handed_over(RunnerLink&, const Refusal& outcome) = 0; // status TMON_OK: the state is saved
		virtual void on_reconfigured(RunnerLink&, const Refusal& outcome) = 0;
		// A thread that does not get on and cannot be ended; `late` is what it does not do. Once.
		virtual void on_overdue(RunnerLink&, const std::string& late) = 0;
		virtual void on_gone(RunnerLink&) = 0; // the process has been reaped, or the thread has closed its end

	protected:
		~Listener() = default;
	};

	// Starts the runner; it loads the plugin and reports. `listener` outlives it. Throws std::system_error.
	static std::shared_ptr<RunnerLink> start(boost::asio::io_context& io, const RunnerEnvironment& environment,
	                                         const PluginConfig& config, Listener& listener);
	// Ends a process by force where it has not ended; a thread is told that the host is gone.
	~RunnerLink();
	RunnerLink(const RunnerLink&) = delete;
	RunnerLink& operator=(const RunnerLink&) = delete;

	// --- to the runner ---
	void begin(const StartPoint& from, const Fd& state); // an empty descriptor: no state
	void go();
	void hand_over(const Fd& state);
	void resume();
	void reconfigure(const PluginConfig& config); // of which only what the plugin itself reads may differ
	void revert(const PluginConfig& config) { set_config(config); } // after a refusal of reconfigure
	void tick(const tmon_tick& tick);
	void drain(const std::vector<uint64_t>& heads);
	void finish();
	// Ends a process now; `reason` is why, for people. A thread cannot be ended: it is told to stop, and left.
	// True when it will be gone.
	bool kill(const std::string& reason);
	// Queues an alert for the plugin.
	void send_alert(const std::string& encoded);
	// Wakes it if it sleeps at all, or although there are events for it.
	void wake();
	void wake_if_behind();

	// --- what is known of it ---
	const PluginConfig& config() const noexcept { return config_; }
	const PluginTraits& traits() const noexcept { return traits_; }
	bool is_process() const noexcept { return config_.isolation == Isolation::process; }
	bool is_gone() const noexcept { return gone_; }
	bool was_finishing() const noexcept { return finishing_; } // it was told to
	bool is_finished() const noexcept { return finished_; }    // and has
	bool gave_up() const noexcept { return gave_up_; }
	bool has_begun() const noexcept { return !from_.cursors.empty(); }
	bool reads() const noexcept { return reading_; }
	const std::string& sandbox_report() const noexcept { return sandbox_report_; }
	// Why it did not start, or ended early; TMON_OK while there is nothing to say.
	const Refusal& refusal() const noexcept { return refusal_; }
	// Set once it has not returned from a call for longer than its deadline.
	bool is_overdue() const noexcept { return overdue_; }

	const RunnerPage& page() const noexcept { return *page_; }
	const StartPoint& start_point() const noexcept { return from_; }
	// After begin.
	RunnerFigures figures() const;
	// From here on its figures are these, whatever it does, until resume.
	void freeze() { frozen_ = figures(); }
	// What it says of its cursors and counters that cannot be true; empty when there is nothing. `at_rest`: it is not
	// about to change them, so they must add up.
	std::string impossible(bool at_rest) const;

	uint64_t alerts_received() const noexcept { return alerts_received_; } // from it, and accepted
	uint64_t alerts_turned_away() const noexcept { return alerts_turned_away_; }
	uint64_t alerts_sent() const noexcept { return alerts_sent_; }         // to it
	std::size_t alerts_queued() const noexcept { return alerts_queued_; }
	std::deque<std::string> take_unsent_alerts();
	uint64_t lines_lost() const noexcept;
	uint64_t blocks_turned_away() const noexcept { return blocks_turned_away_; }

private:
	// Lines that one runner may have shown, and alerts that are passed on: at once, and then a second. The alerts are half
	// of what may wait for a taker, so nobody alone can fill its queue.
	static constexpr uint32_t kLinesAtOnce = 200, kLinesPerSecond = 20;
	static constexpr uint32_t kAlertsAtOnce = 2048, kAlertsPerSecond = 200;
	// Each may end in a line of the log.
	static constexpr uint32_t kBlocksAtOnce = 256, kBlocksPerSecond = 50;

	struct Outgoing {
		MessageType type;
		int32_t value;
		std::string body;
		Fd descriptor;
	};

	RunnerLink(boost::asio::io_context& io, const RunnerEnvironment& environment, const PluginConfig& config,
	           Listener& listener);
	void launch();
	void set_config(const PluginConfig& config);
	void send(MessageType type, int32_t value = 0, std::string body = {}, Fd descriptor = Fd{});
	void send_queued();
	void wait_for_messages();
	void receive();
	void handle(Message message);
	void handle_open(const Message& message);
	void handle_block(const Message& message);
	void take_names(const EntryNames& names) override;
	void take_interface(const Interface& interface) override;
	void wait_for_output();
	bool read_output();
	void show_output_line();
	void show(int32_t level, const std::string& text);
	void say_hidden_lines();
	// What it has been asked for and has not answered: it cannot keep us waiting for it by seeming busy.
	enum class Answer { none, loaded, ready, handed_over, reconfigured, ended };
	void expect(Answer answer);
	void note_answer(Answer answer);
	void give_up_on(const std::string& late);
	bool is_what_the_manifest_says(const PluginTraits& traits) const;
	bool is_busy() const;
	std::chrono::milliseconds time_limit() const;
	void watch();
	void look();
	void note_end(const std::string& how);

	// A callback that does nothing once this is gone.
	template <class Function> auto guarded(Function function) {
		return [weak = weak_from_this(), function](auto&&... arguments) {
			if (const auto self = weak.lock())
				function(*self, std::forward<decltype(arguments)>(arguments)...);
		};
	}

	const RunnerEnvironment& environment_;
	const std::shared_ptr<RunnerNames> names_; // it may outlive the environment, by a turn of the loop
	PluginConfig config_;
	PathGrants grants_;
	StartPoint from_; // empty before begin
	Listener& listener_;
	Fd page_descriptor_;
	RunnerPageMapping page_;

	PluginTraits traits_;
	std::string sandbox_report_;
	Refusal refusal_;
	std::string kill_reason_;
	bool loaded_ = false, created_ = false, reading_ = false, finishing_ = false, finished_ = false, gave_up_ = false, gone_ = false;
	bool told_asleep_ = false; // and has been sent nothing since
	bool drained_ = false;     // it reads no more and waits for its end
	uint32_t sent_ = 0;        // messages, to compare with page_->handled

	uint64_t alerts_received_ = 0, alerts_sent_ = 0;
	std::size_t alerts_queued_ = 0;
	std::optional<Spawner::Id> process_; // until it has been reaped
	std::thread thread_;
	std::string output_line_;
	LineBudget budget_, alert_budget_, block_budget_;
	uint64_t alerts_turned_away_ = 0, blocks_turned_away_ = 0;
	bool said_not_granted_ = false;
	uint64_t lines_hidden_ = 0;
	std::deque<Outgoing> outgoing_;
	bool waiting_to_write_ = false;
	bool reset_ = false;     // the connection has been, and what was said before can still be read
	bool answering_ = false; // an open of its is under way
	bool deaf_ = false;      // it has closed its end of the socket

	std::optional<RunnerFigures> frozen_;
	Answer expected_ = Answer::none;
	std::chrono::nanoseconds expected_for_{};
	uint64_t beats_seen_ = 0;
	std::chrono::nanoseconds silence_{};
	bool watching_ = false, overdue_ = false;
	boost::asio::posix::stream_descriptor socket_, output_;
	boost::asio::steady_timer watch_timer_;
};

} // namespace tmon
