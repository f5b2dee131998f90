// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The loop that feeds one plugin: copy a batch out of a ring, hand it over, account for it. The same loop
// runs in a plugin-runner process and in a thread of the host.
#pragma once

#include "host/ring/event_rings.hpp"
#include "host/runner/host_services.hpp"
#include "host/runner/loaded_plugin.hpp"
#include "host/runner/page.hpp"
#include "host/runner/plugin_module.hpp"
#include "host/runner/received_setup.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tmon {

class Runner {
public:
	// `enter_sandbox` runs after everything that needs privileges and before the plugin is opened; it throws when
	// it cannot, and returns what to tell the host. Reads the setup message from `socket`, which outlives the runner:
	// whoever has made it can still say there why it failed. Throws on anything that makes a start impossible.
	Runner(int socket, const std::function<std::string(const RunnerSetup&)>& enter_sandbox);
	~Runner();
	Runner(const Runner&) = delete;
	Runner& operator=(const Runner&) = delete;

	// Runs until the host says finish or goes away. Returns the exit code of the process: 0 after finish.
	int run();

private:
	bool load();
	bool begin();
	bool restore_state(int descriptor);
	enum class Found { nothing, few, many };
	Found sweep();
	void pause(std::optional<std::chrono::nanoseconds> limit);
	void offer(const tmon_batch& batch);
	void keep_in_hand(const tmon_batch& batch, uint32_t first);
	void discard_all();
	void flush();
	void idle();
	void sleep_until_woken();
	bool has_events() const;
	bool reads() const { return reading_ && plugin_->takes_events() && !drained_; }
	void end_if_drained();
	void give_up(int32_t status);
	void note_failure(const char* call, int32_t status);
	void report_failure(const char* call, int32_t status);
	void refuse(int32_t status, std::string_view reason);
	int64_t clock_offset() const;

	// Messages (runner_messages.cpp).
	std::optional<Message> next_message(int flags);
	void handle_messages();
	void handle(Message message);
	void handle_tick(const std::string& body);
	void handle_alert(const std::string& body);
	void hand_over(Message message);
	void finish();

	// In order of construction; the plugin goes first when all is taken down.
	int socket_;
	std::unique_ptr<ReceivedSetup> setup_;
	std::string sandbox_report_;
	std::unique_ptr<HostServices> services_;
	std::unique_ptr<LoadedPlugin> plugin_;

	std::optional<EventBuffer> buffer_;
	std::vector<uint64_t> cursors_;
	std::vector<uint64_t> lost_; // per ring, not yet told to the plugin
	uint64_t in_hand_ = 0;       // events the plugin has taken since the last flush
	bool unflushed_ = true;      // it has been called since then, so there may be something to bring out
	std::optional<tmon_batch> held_; // the plugin wants it to be offered again; its events lie in buffer_
	std::optional<std::vector<uint64_t>> drain_to_;
	bool reading_ = false; // between go and hand_over
	bool drained_ = false;
	bool finished_ = false;
	bool gave_up_ = false;
	uint32_t mail_seen_ = 0;
	uint64_t failures_ = 0;
	std::chrono::steady_clock::time_point last_flush_, last_progress_, last_failure_report_;
	std::chrono::nanoseconds nap_{};
	int exit_code_ = 0;
};

} // namespace tmon
