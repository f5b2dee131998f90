// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/ring/event_rings.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"
#include "host/stats/totals.hpp"
#include "host/supervise/grants.hpp"
#include "host/supervise/launch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace tmon {

// What all runners of a run share.
struct RunnerEnvironment {
	const EventRings& rings;
	int rings_descriptor;
	std::vector<Interface> interfaces;
	std::string runner_executable;
};

// One plugin as the host sees it: its runner, the messages to and from it, and its account.
// Lives on the thread that runs the io_context.
class PluginInstance {
public:
	enum class State { starting, ready, drained, ended, dead };

	struct Refusal {
		int32_t status = 0;
		std::string reason;
	};

	// Starts the runner. `on_alert` gets the body of each well-formed alert that the plugin emits; `on_sleep`
	// is called when the runner has gone to sleep; `on_change` after every change of state.
	// Throws std::system_error.
	PluginInstance(boost::asio::io_context& io, const RunnerEnvironment& environment, const PluginConfig& config,
	               std::shared_ptr<const PluginFile> file,
	               std::function<void(PluginInstance&, const DecodedAlert&)> on_alert,
	               std::function<void(PluginInstance&)> on_sleep, std::function<void(PluginInstance&)> on_change);
	// Ends the runner, by force where it has not ended.
	~PluginInstance();
	PluginInstance(const PluginInstance&) = delete;
	PluginInstance& operator=(const PluginInstance&) = delete;

	State state() const noexcept { return state_; }
	// Its runner has died, or the plugin has said that it cannot go on (known once it has ended).
	bool was_lost() const noexcept { return state_ == State::dead || gave_up_; }
	const PluginConfig& config() const noexcept { return config_; }
	const std::string& name() const noexcept { return config_.name; }
	const PluginTraits& traits() const noexcept { return traits_; }
	// Why it did not start, or ended early.
	const std::optional<Refusal>& refusal() const noexcept { return refusal_; }

	void drain(const std::vector<uint64_t>& heads);
	void tick(const tmon_tick& tick);
	void finish();
	// Ends a process now. A thread cannot be ended: it is told to stop, and left. True when it is gone.
	bool kill();
	// Whether it has ended, and a process has been reaped.
	bool gone() const noexcept;

	// Queues an alert for the plugin; counts it as failed when too many wait already.
	void offer_alert(const std::string& encoded);

	// Wakes the runner if it sleeps although there are events for it.
	void wake_if_behind();
	// Wakes it if it sleeps at all.
	void wake();

	PluginTotals totals() const;
	// The alerts that it has emitted: accepted are those that have arrived here.
	AlertTotals emitted_alerts() const;
	uint64_t log_lines_lost() const { return page_->log_lines_lost.load(std::memory_order_relaxed); }

private:
	struct Outgoing {
		MessageType type;
		int32_t value;
		std::string body;
		Fd descriptor;
	};

	void start();
	void send(MessageType type, int32_t value = 0, std::string body = {}, Fd descriptor = Fd{});
	void send_queued();
	void wait_for_messages();
	void receive();
	void handle(Message message);
	void wait_for_output();
	bool read_output();
	void show_output_line();
	void wait_for_end();
	std::string reap();
	void note_process_end();
	void end_by_force() noexcept;
	void note_end(const std::string& how);
	void set_state(State state);

	const RunnerEnvironment& environment_;
	const PluginConfig config_;
	const std::shared_ptr<const PluginFile> file_;
	const PathGrants grants_;
	std::function<void(PluginInstance&, const DecodedAlert&)> on_alert_;
	std::function<void(PluginInstance&)> on_sleep_, on_change_;

	State state_ = State::starting;
	bool gave_up_ = false;
	bool finishing_ = false; // it has been told to finish
	PluginTraits traits_;
	std::optional<Refusal> refusal_;
	std::vector<uint64_t> start_cursors_;
	Fd page_descriptor_;
	RunnerPageMapping page_;
	uint64_t alerts_received_ = 0; // from it
	uint64_t alerts_accepted_ = 0; // for it
	uint64_t alerts_sent_ = 0;
	uint64_t alerts_overflowed_ = 0; // accepted, and then there was no room for them
	std::size_t alerts_queued_ = 0;

	pid_t pid_ = -1; // of a process that has not been reaped
	std::thread thread_;
	std::string output_line_;
	std::deque<Outgoing> outgoing_;
	bool waiting_to_write_ = false;
	bool answer_queued_ = false; // outgoing_ holds an answer to open
	boost::asio::posix::stream_descriptor socket_, pidfd_, output_;
};

} // namespace tmon
