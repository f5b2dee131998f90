// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/supervise/alert_queue.hpp"
#include "host/supervise/crash_store.hpp"
#include "host/supervise/plugin_account.hpp"
#include "host/supervise/restart_policy.hpp"
#include "host/supervise/runner_link.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// One plugin of the configuration: the runner that it has now, those before and after it, and its account over all of
// them. Starts it again when it crashes, replaces it while events flow, and goes back when the new one fails.
// Lives on the thread that runs the io_context.
class PluginInstance final : RunnerLink::Listener {
public:
	enum class State {
		starting, // for the first time; nothing is read yet
		ready,    // created, waits for go
		running,
		down,     // has crashed and will be started again
		drained,
		ended,    // as it was told
		dead,     // for good
	};
	using Refusal = RunnerLink::Refusal;

	// What it tells whoever keeps it.
	struct Listener {
		virtual void on_change(PluginInstance&) = 0; // of state, or of a replacement under way
		virtual void on_alert(PluginInstance& emitter, const DecodedAlert&) = 0;
		virtual void on_block(PluginInstance&, const BlockRequest&) = 0; // which the configuration grants
		virtual void on_asleep(PluginInstance&) = 0;
		virtual tmon_tick make_tick(uint32_t flags) = 0;

	protected:
		~Listener() = default;
	};

	// Starts its runner. Everything outlives the instance. Throws std::system_error.
	PluginInstance(boost::asio::io_context& io, const RunnerEnvironment& environment, const PluginConfig& config,
	               CrashStore& crashes, Listener& listener);
	~PluginInstance();
	PluginInstance(const PluginInstance&) = delete;
	PluginInstance& operator=(const PluginInstance&) = delete;

	State state() const noexcept { return state_; }
	// It is dead, or has said that it cannot go on (known once it has ended), or its figures were impossible.
	bool was_lost() const noexcept { return state_ == State::dead || gave_up_ || lied_; }
	const PluginConfig& config() const noexcept { return config_; }
	const std::string& name() const noexcept { return config_.name; }
	const PluginTraits& traits() const noexcept { return traits_; }
	// Why it did not start, or is dead.
	const Refusal& refusal() const noexcept { return refusal_; }

	void go();
	void tick(const tmon_tick& tick);
	// `emitter` is the name of the instance that it is from.
	void offer_alert(const std::string& emitter, const std::string& encoded);
	void wake_if_behind();
	void wake();
	void drain(const std::vector<uint64_t>& heads);
	void finish();
	// As drain and finish, for one that is not in the configuration any more: in the loop, and only so long.
	void leave(const std::vector<uint64_t>& heads);
	// Ends processes now. False when a thread is left that does not return.
	bool kill();
	// Whether nothing of it runs any more.
	bool gone() const noexcept;

	// --- Replacing it while events flow. One at a time; each step is answered by on_change. ---
	enum class Swap {
		none,
		loading,   // the successor is being loaded; the present runner goes on
		loaded,
		taking,    // the present runner hands over, then the successor is created
		ready,     // the successor waits for commit; nobody reads
		failed,    // swap_failure tells why; abort is expected
	};
	Swap swap() const noexcept { return swap_; }
	const Refusal& swap_failure() const noexcept { return swap_failure_; }
	void prepare(const PluginConfig& config);
	void take_over();
	void commit();
	// The present runner goes on as if nothing had been.
	void abort();

	// Asks the present runner to take another configuration; `done` gets TMON_OK, or why not.
	void reconfigure(const PluginConfig& config, std::function<void(const Refusal&)> done);
	// Whether that could be tried: the same file, the same rights, and the plugin knows how.
	bool can_reconfigure(const PluginConfig& config) const;

	PluginTotals totals() const;
	AlertTotals emitted_alerts() const { return account_.emitted(reader()); }
	uint64_t lines_lost() const { return account_.lines_lost(reader()); }

private:
	void on_loaded(RunnerLink& runner) override;
	void on_ready(RunnerLink& runner) override;
	void on_alert(RunnerLink& runner, const DecodedAlert& alert) override;
	void on_block(RunnerLink&, const BlockRequest& request) override { listener_.on_block(*this, request); }
	void on_asleep(RunnerLink& runner) override;
	void on_drained(RunnerLink& runner) override;
	void on_handed_over(RunnerLink& runner, const Refusal& outcome) override;
	void on_reconfigured(RunnerLink& runner, const Refusal& outcome) override;
	void on_overdue(RunnerLink& runner, const std::string& late) override;
	void on_gone(RunnerLink& runner) override;

	// What takes the place again of a replacement that fails in its first seconds.
	struct Fallback {
		PluginConfig config;
		Fd state;
	};

	// Whose figures are not in the account yet, if they count for something.
	const RunnerLink* reader() const noexcept { return current_ && current_->has_begun() ? current_.get() : nullptr; }
	void start_current();
	void run(RunnerLink& runner);
	void note_current_gone();
	void note_crash(const Refusal& why, const RunnerLink& runner);
	std::string save_crash(const Refusal& why, const RunnerLink& runner);
	void fall_back(const Refusal& why, const std::string& kept);
	void restart_after(std::chrono::milliseconds pause);
	void die(const Refusal& why);
	void fail_swap(const Refusal& why);
	void drop_successor();
	void drop(std::shared_ptr<RunnerLink>& runner);
	void send_alerts();
	void schedule_tick();
	void set_state(State state);

	boost::asio::io_context& io_;
	const RunnerEnvironment& environment_;
	CrashStore& crashes_;
	Listener& listener_;
	PluginConfig config_;

	State state_ = State::starting;
	bool go_ = false, gave_up_ = false, lied_ = false, finishing_ = false;
	PluginTraits traits_;
	Refusal refusal_;
	PluginAccount account_;
	std::shared_ptr<RunnerLink> current_;
	std::vector<std::shared_ptr<RunnerLink>> retired_; // not gone yet
	RestartPolicy restarts_;
	uint64_t restart_count_ = 0, rollbacks_ = 0;
	RestartPolicy::Clock::time_point started_at_;
	boost::asio::steady_timer restart_timer_, probation_timer_, tick_timer_, leave_timer_;
	std::optional<std::vector<uint64_t>> drain_to_;
	AlertQueue alerts_; // accepted, and not with a runner yet
	int64_t last_tick_ns_ = 0;

	Swap swap_ = Swap::none;
	Refusal swap_failure_;
	PluginConfig swap_config_;
	std::shared_ptr<RunnerLink> successor_;
	Fd state_file_;       // what the present runner hands over
	bool asked_ = false;  // it has been told to
	// The present runner has handed over, or died when it was to, and nobody has taken its place yet.
	bool parked_ = false;
	std::optional<Fallback> fallback_; // until a replacement has proved itself
	Fd state_to_restore_; // by the next runner to be created, after a fallback
	PluginConfig reconfigure_to_;
	std::function<void(const Refusal&)> reconfigured_;
};

// Whether a plugin configured as `a` need not be replaced to be as `b`, but for what it reads itself.
bool same_but_for_config(const PluginConfig& a, const PluginConfig& b);

} // namespace tmon
