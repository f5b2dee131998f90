// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/supervisor.hpp"

#include "host/config/units.hpp"
#include "host/diagnostics/log.hpp"
#include "host/runner/metrics_page.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tmon {

namespace {

constexpr std::chrono::seconds kStartLimit{70}; // each plugin has a deadline of its own, of a minute at most

// One that was removed and added again goes on in the same account.
void add(std::vector<PluginTotals>& plugins, const PluginTotals& more) {
	const auto same =
	    std::find_if(plugins.begin(), plugins.end(), [&](const PluginTotals& plugin) { return plugin.name == more.name; });
	if (same == plugins.end())
		plugins.push_back(more);
	else {
		PluginTotals rest = more;
		const std::vector<MetricValue> metrics = std::exchange(rest.metrics, {});
		same->add(rest);
		add_earlier(same->metrics, metrics);
	}
}

void add(AlertTotals& alerts, const AlertTotals& more) {
	alerts.emitted += more.emitted;
	alerts.accepted += more.accepted;
	alerts.refused += more.refused;
}

} // namespace

Supervisor::Supervisor(boost::asio::io_context& io, RunnerEnvironment environment, CrashStore crashes, Source source)
    : io_(io), environment_(std::move(environment)), crashes_(std::move(crashes)), source_(std::move(source)) {
	environment_.can_block = bool(source_.block);
	environment_.names = std::make_shared<RunnerNames>();
}

Supervisor::~Supervisor() = default;

std::unique_ptr<PluginInstance> Supervisor::make_instance(const PluginConfig& config) {
	PluginInstance::Listener& listener = *this;
	return std::make_unique<PluginInstance>(io_, environment_, config, crashes_, listener);
}

std::vector<Supervisor::StartFailure> Supervisor::start(const std::vector<PluginConfig>& plugins) {
	std::vector<StartFailure> failures;
	for (const PluginConfig& config : plugins) {
		try {
			plugins_.push_back(make_instance(config));
		} catch (const std::exception& error) {
			failures.push_back({config, TMON_E_INTERNAL, error.what()});
		}
	}
	const auto decided = [](const PluginInstance& plugin) { return plugin.state() != State::starting; };
	run_until([&] { return all(decided); }, kStartLimit);
	for (const auto& plugin : plugins_) {
		if (plugin->state() == State::starting)
			failures.push_back({plugin->config(), TMON_E_INTERNAL, "it did not start in time"});
		else if (plugin->state() != State::ready)
			failures.push_back({plugin->config(), plugin->refusal().status, plugin->refusal().reason});
	}
	if (!failures.empty()) {
		finish(std::chrono::seconds(1));
		return failures;
	}
	started_ = true;
	for (const auto& plugin : plugins_) {
		log_debug("plugin " + plugin->name() + " is ready: " +
		          printable(plugin->traits().id + " " + plugin->traits().version));
		plugin->go();
	}
	return failures;
}

// Not from within an instance that is just changing.
void Supervisor::forget_the_gone() {
	const auto is_over = [](const auto& plugin) {
		return plugin->gone() && (plugin->state() == State::dead || plugin->state() == State::ended);
	};
	for (const auto& plugin : removed_) {
		if (!is_over(plugin))
			continue;
		add(past_.plugins, plugin->totals());
		add(past_.alerts, plugin->emitted_alerts());
		past_.lines_lost += plugin->lines_lost();
		if (plugin->was_lost())
			past_.lost.insert(plugin->name());
	}
	for (auto* plugins : {&removed_, &abandoned_}) {
		std::erase_if(*plugins, [&](const auto& plugin) {
			if (is_over(plugin))
				reported_.erase(plugin.get());
			return is_over(plugin);
		});
	}
}

void Supervisor::reload(std::vector<PluginConfig> plugins, std::function<void(const ReloadResult&)> done) {
	forget_the_gone();
	reload_done_ = std::move(done);
	try {
		reload_ = std::make_unique<Reload>(plugins_, std::move(plugins),
		                                   [this](const PluginConfig& config) { return make_instance(config); });
	} catch (const std::exception& error) {
		ReloadResult result;
		result.failures.push_back({PluginConfig{}, TMON_E_INTERNAL, error.what()});
		std::exchange(reload_done_, nullptr)(result);
		return;
	}
	advance_reload();
}

// Not from within an instance that is just changing: from the loop.
void Supervisor::advance_reload() {
	boost::asio::post(io_, [this] {
		if (!reload_ || !reload_->advance())
			return;
		end_reload();
	});
}

void Supervisor::end_reload() {
	const bool succeeded = reload_->result().failures.empty();
	for (auto& plugin : reload_->left_over()) {
		if (succeeded)
			plugin->leave(heads());
		else
			plugin->finish();
		if (succeeded)
			removed_.push_back(std::move(plugin));
		else
			abandoned_.push_back(std::move(plugin));
	}
	const std::unique_ptr<Reload> reload = std::move(reload_);
	if (reload_done_)
		std::exchange(reload_done_, nullptr)(reload->result());
}

std::vector<uint64_t> Supervisor::heads() const {
	std::vector<uint64_t> heads;
	for (uint32_t ring = 0; ring < environment_.rings.rings(); ++ring)
		heads.push_back(environment_.rings.head(ring));
	return heads;
}

bool Supervisor::all(const std::function<bool(const PluginInstance&)>& condition) const {
	const auto holds = [&](const auto& plugin) { return condition(*plugin); };
	return std::all_of(plugins_.begin(), plugins_.end(), holds) && std::all_of(removed_.begin(), removed_.end(), holds) &&
	       std::all_of(abandoned_.begin(), abandoned_.end(), holds);
}

bool Supervisor::run_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
	const auto deadline = std::chrono::steady_clock::now() + limit;
	io_.restart();
	while (!done()) {
		const auto now = std::chrono::steady_clock::now();
		if (now >= deadline)
			return false;
		io_.run_one_until(deadline);
	}
	return true;
}

void Supervisor::on_change(PluginInstance& plugin) {
	if (reload_)
		advance_reload();
	const auto is_this = [&](const auto& other) { return other.get() == &plugin; };
	if (plugin.state() == State::drained && std::any_of(removed_.begin(), removed_.end(), is_this))
		plugin.finish();
	if (started_ && plugin.state() == State::dead && !(reload_ && reload_->is_adding(plugin)) && reported_.insert(&plugin).second)
		log_error("plugin " + plugin.name() + " is dead: " + plugin.refusal().reason +
		          "; what is reported from now on counts as failed for it");
}

void Supervisor::on_asleep(PluginInstance& plugin) {
	// Armed first, looked at second: an event in between either rings or is seen.
	source_.arm_doorbell();
	plugin.wake_if_behind();
}

void Supervisor::wake_sleepers() {
	for (const auto& plugin : plugins_)
		plugin->wake();
}

void Supervisor::on_alert(PluginInstance& emitter, const DecodedAlert& alert) {
	// Who emitted it is for us to say.
	const std::string encoded = encode_alert(alert.alert, emitter.name());
	for (const auto& plugin : plugins_)
		plugin->offer_alert(emitter.name(), encoded);
}

void Supervisor::on_block(PluginInstance& plugin, const BlockRequest& request) {
	const std::string refusal = source_.block(plugin.config(), request);
	const auto ttl = std::chrono::ceil<std::chrono::milliseconds>(request.ttl);
	const std::string what = to_string(request.prefix) + " for " + format_duration(ttl) +
	                         (request.reason.empty() ? "" : " (" + request.reason + ")");
	if (refusal.empty())
		log_info("plugin " + plugin.name() + " has blocked " + what);
	else
		log_warning("plugin " + plugin.name() + " could not block " + what + ": " + refusal);
}

void Supervisor::tick(const tmon_tick& tick) {
	for (const auto& plugin : plugins_) {
		// Who has asked for an interval of its own gets ticks at that, and this one only as the last.
		if (plugin->traits().tick_interval_ns == 0 || (tick.flags & TMON_TICK_FINAL))
			plugin->tick(tick);
	}
}

std::vector<std::string> Supervisor::drain(const std::vector<uint64_t>& heads, std::chrono::milliseconds limit) {
	if (reload_) {
		reload_->abandon("the host is stopping");
		end_reload();
	}
	for (const auto& plugin : plugins_)
		plugin->drain(heads);
	const auto settled = [](const PluginInstance& plugin) {
		return plugin.state() == State::drained || plugin.state() == State::dead || plugin.state() == State::ended;
	};
	run_until([&] { return all(settled); }, limit);
	std::vector<std::string> late;
	for (const auto& plugin : plugins_) {
		if (!settled(*plugin))
			late.push_back(plugin->name());
	}
	return late;
}

void Supervisor::finish(std::chrono::milliseconds limit) {
	for (auto* plugins : {&plugins_, &removed_, &abandoned_}) {
		for (const auto& plugin : *plugins)
			plugin->finish();
	}
	if (run_until([&] { return all(&PluginInstance::gone); }, limit))
		return;
	for (auto* plugins : {&plugins_, &removed_, &abandoned_}) {
		for (const auto& plugin : *plugins) {
			if (plugin->gone() || plugin->kill())
				continue;
			log_error("plugin " + plugin->name() + " runs in a thread and does not return; it ends with the host");
			stuck_ = true;
		}
	}
	if (!stuck_)
		run_until([&] { return all(&PluginInstance::gone); }, std::chrono::seconds(2));
}

uint64_t Supervisor::lines_lost() const {
	uint64_t lost = past_.lines_lost;
	for (auto* plugins : {&plugins_, &removed_}) {
		for (const auto& plugin : *plugins)
			lost += plugin->lines_lost();
	}
	return lost;
}

void Supervisor::add_totals(Totals& totals) const {
	for (auto* plugins : {&plugins_, &removed_}) {
		for (const auto& plugin : *plugins) {
			add(totals.plugins, plugin->totals());
			add(totals.alerts, plugin->emitted_alerts());
		}
	}
	for (const PluginTotals& plugin : past_.plugins)
		add(totals.plugins, plugin);
	add(totals.alerts, past_.alerts);
}

std::vector<Supervisor::Standing> Supervisor::standings() const {
	const auto text = [](State state) {
		switch (state) {
		case State::starting:
		case State::ready:
			return "starting";
		case State::running:
			return "running";
		case State::down:
			return "down";
		case State::drained:
		case State::ended:
			return "ended";
		case State::dead:
			break;
		}
		return "dead";
	};
	std::vector<Standing> standings;
	for (const auto& plugin : plugins_)
		standings.push_back({plugin->name(), plugin->traits().id, plugin->traits().version, text(plugin->state())});
	return standings;
}

std::vector<Supervisor::StartFailure> Supervisor::deaths() const {
	std::vector<StartFailure> deaths;
	for (const auto& plugin : plugins_) {
		if (plugin->state() == State::dead)
			deaths.push_back({plugin->config(), plugin->refusal().status, plugin->refusal().reason});
	}
	return deaths;
}

std::vector<std::string> Supervisor::lost() const {
	std::vector<std::string> names(past_.lost.begin(), past_.lost.end());
	for (auto* plugins : {&plugins_, &removed_}) {
		for (const auto& plugin : *plugins) {
			if (plugin->was_lost())
				names.push_back(plugin->name());
		}
	}
	return names;
}

} // namespace tmon
