// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Replacing the runner of a plugin while events flow: the successor is loaded beside it, it hands over what it knows
// and where it has read to, and only when the successor has taken that does it go.
#include "host/supervise/plugin_instance.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/runner/state_file.hpp"

#include <boost/asio/post.hpp>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr auto kProbation = 5s; // a replacement that crashes within it is replaced by what was there before

bool same(const PluginGrants& a, const PluginGrants& b) {
	return a.network == b.network && a.exec == b.exec && a.block == b.block &&
	       a.standard_output == b.standard_output && a.read_paths == b.read_paths && a.write_paths == b.write_paths;
}

bool same(const PluginLimits& a, const PluginLimits& b) {
	return a.memory_bytes == b.memory_bytes && a.threads == b.threads && a.files == b.files && a.deadline == b.deadline;
}

} // namespace

bool same_but_for_config(const PluginConfig& a, const PluginConfig& b) {
	return a.file->sha256 == b.file->sha256 && a.isolation == b.isolation && same(a.grants, b.grants) &&
	       same(a.limits, b.limits);
}

void PluginInstance::prepare(const PluginConfig& config) {
	swap_failure_ = {};
	swap_config_ = config;
	swap_ = Swap::loading;
	try {
		successor_ = RunnerLink::start(io_, environment_, config, *this);
	} catch (const std::exception& error) {
		fail_swap({TMON_E_INTERNAL, error.what()});
	}
}

void PluginInstance::take_over() {
	if (swap_ != Swap::loaded)
		return;
	swap_ = Swap::taking;
	if (current_ && current_->reads()) {
		try {
			state_file_ = make_state_file();
		} catch (const std::exception& error) {
			fail_swap({TMON_E_INTERNAL, error.what()});
			return;
		}
		asked_ = true;
		current_->hand_over(state_file_);
	} else {
		// It has crashed. One that is just being started again has had no event yet and is not needed any more.
		restart_timer_.cancel();
		drop(current_);
		successor_->begin(account_.next(), Fd{});
	}
}

void PluginInstance::on_handed_over(RunnerLink& runner, const Refusal& outcome) {
	if (&runner != current_.get() || swap_ != Swap::taking || parked_)
		return;
	if (outcome.status != TMON_OK) {
		fail_swap({outcome.status, "the present instance cannot save its state: " + outcome.reason});
		return;
	}
	if (const std::string lie = runner.impossible(true); !lie.empty()) {
		fail_swap({TMON_E_INTERNAL, "the present instance has lost count"});
		runner.kill("says what cannot be true: " + lie);
		return;
	}
	parked_ = true;
	// Whatever it does to its page from here on, it has read what its successor has not.
	runner.freeze();
	RunnerFigures figures = runner.figures();
	const StartPoint point{std::move(figures.cursors), std::move(figures.untold)};
	const bool same_plugin = swap_config_.file->manifest.id == config_.file->manifest.id;
	const Fd none;
	successor_->begin(point, traits_.has_state && same_plugin ? state_file_ : none);
}

void PluginInstance::commit() {
	if (swap_ != Swap::ready)
		return;
	fallback_.emplace(Fallback{config_, traits_.has_state ? std::move(state_file_) : Fd{}});
	tick_timer_.cancel();
	if (current_) {
		account_.close(*current_);
		alerts_.put_back(current_->take_unsent_alerts());
		retired_.push_back(std::move(current_));
		retired_.back()->finish();
	}
	account_.reopen();
	current_ = std::move(successor_);
	config_ = swap_config_;
	traits_ = current_->traits();
	started_at_ = RestartPolicy::Clock::now();
	restart_timer_.cancel();
	restarts_ = {};
	parked_ = asked_ = false;
	swap_ = Swap::none;
	state_ = State::running; // also of one that was dead
	run(*current_);
	probation_timer_.expires_after(kProbation);
	probation_timer_.async_wait([this](const auto& failed) {
		if (!failed)
			fallback_.reset();
	});
	listener_.on_change(*this);
}

void PluginInstance::abort() {
	if (swap_ == Swap::none)
		return;
	drop_successor();
	swap_ = Swap::none;
	parked_ = false;
	state_file_.reset();
	if (std::exchange(asked_, false) && current_)
		current_->resume();
	else if (!current_ && state_ != State::dead && state_ != State::ended && !finishing_)
		restart_after(0ms);
}

void PluginInstance::fail_swap(const Refusal& why) {
	if (swap_ == Swap::none || swap_ == Swap::failed)
		return;
	swap_failure_ = why.status == TMON_OK ? Refusal{TMON_E_INTERNAL, "it has ended"} : why;
	swap_ = Swap::failed;
	drop_successor();
	listener_.on_change(*this);
}

void PluginInstance::drop_successor() { drop(successor_); }

// One that nothing is expected of any more.
void PluginInstance::drop(std::shared_ptr<RunnerLink>& runner) {
	if (!runner)
		return;
	if (!runner->is_gone()) {
		runner->kill("was not needed");
		retired_.push_back(runner);
	}
	// Not while it is calling us.
	boost::asio::post(io_, [keep = std::move(runner)] {});
	runner.reset();
}

void PluginInstance::fall_back(const Refusal& why, const std::string& kept) {
	Fallback fallback = std::move(*fallback_);
	fallback_.reset();
	probation_timer_.cancel();
	log_error("plugin " + name() + ": " + config_.file->manifest.id + " " + config_.file->manifest.version +
	          " has crashed in its first seconds: " + why.reason + kept + "; going back to " +
	          fallback.config.file->manifest.version + " as it was configured before");
	config_ = std::move(fallback.config);
	state_to_restore_ = std::move(fallback.state);
	++rollbacks_;
	restart_after(0ms);
}

bool PluginInstance::can_reconfigure(const PluginConfig& config) const {
	return traits_.can_reconfigure && current_ && current_->reads() && same_but_for_config(config_, config) &&
	       config.config_json.size() + sizeof(MessageHeader) <= kMaxMessage;
}

void PluginInstance::reconfigure(const PluginConfig& config, std::function<void(const Refusal&)> done) {
	if (!current_ || !current_->reads()) {
		// It has crashed meanwhile: started again, it is created with that.
		config_ = config;
		if (current_) {
			drop(current_);
			restart_after(0ms);
		}
		done({TMON_OK, {}});
		return;
	}
	reconfigure_to_ = config;
	reconfigured_ = std::move(done);
	current_->reconfigure(config);
}

void PluginInstance::on_reconfigured(RunnerLink& runner, const Refusal& outcome) {
	if (&runner != current_.get() || !reconfigured_)
		return;
	if (outcome.status == TMON_OK)
		config_ = reconfigure_to_;
	else
		runner.revert(config_);
	std::exchange(reconfigured_, nullptr)(outcome);
	listener_.on_change(*this); // whoever waits for the answer goes on
}

} // namespace tmon
