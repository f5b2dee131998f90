// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/plugin_instance.hpp"

#include "host/diagnostics/log.hpp"
#include <boost/asio/post.hpp>

#include <algorithm>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAlertsAtOnce = 256;            // with one runner; the rest waits here
constexpr auto kShortestTick = 100ms;
constexpr auto kLeaveLimit = 2s;                      // to read what there is; it has its deadline for what follows

} // namespace

PluginInstance::PluginInstance(boost::asio::io_context& io, const RunnerEnvironment& environment,
                               const PluginConfig& config, CrashStore& crashes, Listener& listener)
    : io_(io), environment_(environment), crashes_(crashes), listener_(listener), config_(config),
      account_(environment.rings, environment.untold), restart_timer_(io), probation_timer_(io), tick_timer_(io),
      leave_timer_(io) {
	if (environment.rings.rings() > kMaxRings)
		throw std::runtime_error("more CPUs than a runner can follow: " + std::to_string(environment.rings.rings()));
	start_current();
}

PluginInstance::~PluginInstance() = default;

void PluginInstance::set_state(State state) {
	if (state_ == State::ended || state_ == State::dead)
		return;
	state_ = state;
	listener_.on_change(*this);
}

// Throws std::system_error.
void PluginInstance::start_current() {
	started_at_ = RestartPolicy::Clock::now();
	current_ = RunnerLink::start(io_, environment_, config_, *this);
}

// --- what the runners say ---

void PluginInstance::on_loaded(RunnerLink& runner) {
	if (&runner == successor_.get()) {
		swap_ = Swap::loaded;
		listener_.on_change(*this);
		return;
	}
	if (!runner.sandbox_report().empty())
		log_warning("plugin " + name() + ": " + runner.sandbox_report());
	runner.begin(account_.next(), std::exchange(state_to_restore_, Fd{}));
}

void PluginInstance::on_ready(RunnerLink& runner) {
	if (&runner == successor_.get()) {
		swap_ = Swap::ready;
		listener_.on_change(*this);
		return;
	}
	traits_ = runner.traits();
	if (go_) {
		if (state_ == State::down)
			log_info("plugin " + name() + " runs again");
		run(runner);
		set_state(State::running);
	} else {
		set_state(State::ready);
	}
}

void PluginInstance::run(RunnerLink& runner) {
	runner.go();
	send_alerts();
	if (drain_to_)
		runner.drain(*drain_to_);
	schedule_tick();
}

void PluginInstance::on_alert(RunnerLink& runner, const DecodedAlert& alert) {
	if (&runner != current_.get())
		account_.count_late_alert();
	listener_.on_alert(*this, alert);
}

void PluginInstance::on_asleep(RunnerLink& runner) {
	send_alerts();
	if (&runner == current_.get())
		listener_.on_asleep(*this);
}

void PluginInstance::on_drained(RunnerLink& runner) {
	if (&runner == current_.get() && drain_to_ && state_ == State::running)
		set_state(State::drained);
}

void PluginInstance::on_overdue(RunnerLink& runner, const std::string& late) {
	const Refusal why{TMON_E_INTERNAL, late};
	if (&runner == successor_.get()) {
		fail_swap(why);
	} else if (&runner == current_.get()) {
		if (swap_ == Swap::taking && !parked_)
			fail_swap(why);
		if (reconfigured_) {
			std::exchange(reconfigured_, nullptr)(why);
			listener_.on_change(*this);
		}
		if (state_ == State::starting)
			die(why);
	}
}

void PluginInstance::on_gone(RunnerLink& runner) {
	if (&runner == current_.get()) {
		note_current_gone();
		return;
	}
	if (&runner == successor_.get()) {
		fail_swap(runner.refusal());
		return;
	}
	const auto found = std::find_if(retired_.begin(), retired_.end(),
	                                [&](const auto& retired) { return retired.get() == &runner; });
	if (found == retired_.end())
		return;
	if (runner.was_finishing() && runner.refusal().status != TMON_OK)
		log_error("plugin " + name() + ": the instance that was replaced ended badly: " + runner.refusal().reason);
	// Not while it is calling us.
	boost::asio::post(io_, [keep = *found] {});
	retired_.erase(found);
	listener_.on_change(*this);
}

// --- the life of the present runner ---

void PluginInstance::note_current_gone() {
	const std::shared_ptr<RunnerLink> runner = std::move(current_);
	current_.reset();
	boost::asio::post(io_, [runner] {});
	tick_timer_.cancel();
	alerts_.put_back(runner->take_unsent_alerts());
	const std::string lie = runner->has_begun() ? runner->impossible(runner->is_finished()) : std::string();
	if (runner->has_begun())
		account_.close(*runner);
	if (reconfigured_)
		std::exchange(reconfigured_, nullptr)(runner->refusal());
	if (parked_ && !finishing_)
		return; // its successor has what it left; or it is started again when that fails
	if (swap_ == Swap::taking && !finishing_ && runner->is_process()) {
		const std::string kept = save_crash(runner->refusal(), *runner);
		log_error("plugin " + name() + " has crashed when it was to hand over: " + runner->refusal().reason + kept +
		          "; its successor gets no state");
		parked_ = true;
		set_state(State::down);
		successor_->begin(account_.next(), Fd{});
		return;
	}
	if (finishing_ || !runner->is_process())
		fail_swap({TMON_E_INTERNAL, "the present instance has ended: " + runner->refusal().reason});
	if (runner->is_finished()) {
		gave_up_ = runner->gave_up();
		if (!lie.empty()) {
			lied_ = true;
			log_error("plugin " + name() + ": what its runner says cannot be true: " + lie);
		}
		account_.fail_alerts(alerts_.size());
		alerts_.clear();
		account_.close_for_good();
		set_state(State::ended);
		return;
	}
	note_crash(runner->refusal(), *runner);
}

void PluginInstance::note_crash(const Refusal& why, const RunnerLink& runner) {
	const auto now = RestartPolicy::Clock::now();
	if (!go_ || finishing_ || !runner.is_process()) {
		die(why);
		return;
	}
	if (environment_.one_life) {
		die({why.status, "in " + std::string(call_name(runner.page().call.load())) + ": " + why.reason});
		return;
	}
	const std::string kept = save_crash(why, runner);
	if (fallback_) {
		fall_back(why, kept);
		return;
	}
	const auto pause = restarts_.after_crash(now, now - started_at_);
	if (!pause) {
		log_error("plugin " + name() + " has crashed: " + why.reason + kept + "; that was the " +
		          std::to_string(RestartPolicy::kMostCrashes) + "th time within a minute: it is not started again");
		die(why);
		return;
	}
	log_error("plugin " + name() + " has crashed: " + why.reason + kept + "; it is started again in " +
	          std::to_string(pause->count()) + " ms");
	restart_after(drain_to_ ? 0ms : *pause);
}

// Keeps what it had in hand and returns a clause that says where.
std::string PluginInstance::save_crash(const Refusal& why, const RunnerLink& runner) {
	const auto saved = crashes_.save(runner, why.reason);
	return saved ? "; what it had in hand is in " + saved->string() : "";
}

void PluginInstance::restart_after(std::chrono::milliseconds pause) {
	set_state(State::down);
	restart_timer_.expires_after(pause);
	restart_timer_.async_wait([this](const auto& failed) {
		if (failed || state_ != State::down || finishing_)
			return;
		++restart_count_;
		try {
			start_current();
		} catch (const std::exception& error) {
			log_error("plugin " + name() + " cannot be started again: " + error.what());
			const auto now = RestartPolicy::Clock::now();
			if (const auto next = restarts_.after_crash(now, {}))
				restart_after(*next);
			else
				die({TMON_E_INTERNAL, error.what()});
		}
	});
}

void PluginInstance::die(const Refusal& why) {
	refusal_ = why;
	account_.fail_alerts(alerts_.size());
	alerts_.clear();
	account_.close_for_good();
	set_state(State::dead);
}

// --- from its keeper ---

void PluginInstance::go() {
	go_ = true;
	if (state_ != State::ready)
		return;
	run(*current_);
	set_state(State::running);
}

void PluginInstance::tick(const tmon_tick& tick) {
	if (!current_ || !current_->reads() || !traits_.wants_ticks)
		return;
	tmon_tick own = tick;
	const PluginTotals account = totals();
	own.size = sizeof own;
	own.interval_ns = last_tick_ns_ == 0 ? tick.interval_ns : tick.now_ns - static_cast<uint64_t>(last_tick_ns_);
	last_tick_ns_ = static_cast<int64_t>(tick.now_ns);
	own.offered = account.offered;
	own.delivered = account.delivered;
	own.lagged = account.lagged;
	own.failed = account.failed;
	current_->tick(own);
}

// Of its own, where it has asked for another interval than that of the statistics.
void PluginInstance::schedule_tick() {
	if (!traits_.wants_ticks || traits_.tick_interval_ns == 0)
		return;
	const auto wanted = std::chrono::nanoseconds(std::min<uint64_t>(traits_.tick_interval_ns, 86'400'000'000'000));
	tick_timer_.expires_after(std::max<std::chrono::nanoseconds>(wanted, kShortestTick));
	tick_timer_.async_wait([this](const auto& failed) {
		if (failed)
			return;
		tick(listener_.make_tick(0));
		schedule_tick();
	});
}

void PluginInstance::offer_alert(const std::string& emitter, const std::string& encoded) {
	if (!traits_.takes_alerts || state_ == State::ended)
		return;
	account_.accept_alert();
	send_alerts(); // makes room: a full queue would wait for the plugin to fall asleep
	if (state_ != State::dead && alerts_.push(emitter, encoded))
		send_alerts();
	else
		account_.fail_alerts(1);
}

void PluginInstance::send_alerts() {
	while (current_ && current_->reads() && !alerts_.empty() && current_->alerts_queued() < kAlertsAtOnce) {
		current_->send_alert(alerts_.pop());
	}
}

void PluginInstance::wake() {
	if (current_)
		current_->wake();
}

void PluginInstance::wake_if_behind() {
	if (current_)
		current_->wake_if_behind();
}

void PluginInstance::drain(const std::vector<uint64_t>& heads) {
	drain_to_ = heads;
	probation_timer_.cancel();
	if (current_ && current_->reads()) {
		current_->drain(heads);
		current_->wake();
	} else if (state_ == State::down) {
		restart_after(0ms); // what is left to read is not left for want of a second
	}
}

void PluginInstance::finish() {
	finishing_ = true;
	restart_timer_.cancel();
	tick_timer_.cancel();
	probation_timer_.cancel();
	leave_timer_.cancel();
	if (successor_)
		successor_->kill("was ended");
	if (current_)
		current_->finish();
	else if (state_ != State::dead && state_ != State::ended)
		die({TMON_E_FATAL, "it had crashed and was not started again before the end"});
}

void PluginInstance::leave(const std::vector<uint64_t>& heads) {
	account_.leave(heads);
	drain(heads);
	leave_timer_.expires_after(kLeaveLimit);
	leave_timer_.async_wait([this](const auto& failed) {
		if (!failed)
			finish();
	});
}

bool PluginInstance::kill() {
	bool will_be_gone = true;
	for (const auto& runner : {current_, successor_}) {
		if (runner)
			will_be_gone &= runner->kill("was ended: it did not end in time");
	}
	for (const auto& runner : retired_)
		will_be_gone &= runner->kill("was ended: it did not end in time");
	return will_be_gone;
}

bool PluginInstance::gone() const noexcept { return !current_ && !successor_ && retired_.empty(); }

PluginTotals PluginInstance::totals() const {
	PluginTotals totals = account_.totals(reader());
	totals.name = name();
	totals.restarts = restart_count_;
	totals.metrics = account_.metrics(reader());
	return totals;
}

} // namespace tmon
