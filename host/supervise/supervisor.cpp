// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/supervisor.hpp"

#include "host/diagnostics/log.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace tmon {

namespace {

constexpr std::chrono::seconds kStartLimit{10};

} // namespace

Supervisor::Supervisor(boost::asio::io_context& io, const EventRings& rings, int rings_descriptor,
                       std::vector<Interface> interfaces, InstalledTree tree, std::function<void()> arm_doorbell)
    : io_(io), tree_(std::move(tree)), environment_{rings, rings_descriptor, std::move(interfaces), tree_.runner},
      arm_doorbell_(std::move(arm_doorbell)) {}

Supervisor::~Supervisor() = default;

std::vector<Supervisor::StartFailure> Supervisor::start(const std::vector<PluginConfig>& plugins) {
	std::vector<StartFailure> failures;
	for (const PluginConfig& config : plugins) {
		std::shared_ptr<const PluginFile> file = config.file;
		if (!file) {
			auto found = find_plugin(config.plugin, tree_, config.sha256);
			if (const auto* error = std::get_if<PluginFileError>(&found)) {
				failures.push_back({config, TMON_E_CONFIG, error->text()});
				continue;
			}
			file = std::get<std::shared_ptr<const PluginFile>>(std::move(found));
		}
		try {
			plugins_.push_back(std::make_unique<PluginInstance>(
			    io_, environment_, config, std::move(file),
			    [this](PluginInstance& emitter, const DecodedAlert& alert) { route(emitter, alert); },
			    [this](PluginInstance& plugin) { note_sleep(plugin); },
			    [this](PluginInstance& plugin) { note_change(plugin); }));
		} catch (const std::exception& error) {
			failures.push_back({config, TMON_E_INTERNAL, error.what()});
		}
	}
	const auto decided = [](const PluginInstance& plugin) { return plugin.state() != State::starting; };
	run_until([&] { return all(decided); }, kStartLimit);
	for (const auto& plugin : plugins_) {
		if (plugin->state() == State::starting)
			failures.push_back({plugin->config(), TMON_E_INTERNAL, "it was not created within 10 s"});
		else if (plugin->state() != State::ready)
			failures.push_back({plugin->config(), plugin->refusal()->status, plugin->refusal()->reason});
	}
	if (!failures.empty()) {
		finish(std::chrono::seconds(1));
		return failures;
	}
	started_ = true;
	for (const auto& plugin : plugins_)
		log_debug("plugin " + plugin->name() + " is ready: " +
		          printable(plugin->traits().id + " " + plugin->traits().version));
	return failures;
}

bool Supervisor::all(const std::function<bool(const PluginInstance&)>& condition) const {
	return std::all_of(plugins_.begin(), plugins_.end(), [&](const auto& plugin) { return condition(*plugin); });
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

void Supervisor::note_change(PluginInstance& plugin) {
	if (started_ && plugin.state() == State::dead)
		log_error("plugin " + plugin.name() + " has died: " + plugin.refusal()->reason +
		          "; what is reported from now on counts as failed for it");
}

void Supervisor::note_sleep(PluginInstance& plugin) {
	// Armed first, looked at second: an event in between either rings or is seen.
	arm_doorbell_();
	plugin.wake_if_behind();
}

void Supervisor::wake_sleepers() {
	for (const auto& plugin : plugins_)
		plugin->wake();
}

void Supervisor::route(PluginInstance& emitter, const DecodedAlert& alert) {
	// Who emitted it is for us to say.
	const std::string encoded = encode_alert(alert.alert, emitter.name());
	for (const auto& plugin : plugins_)
		plugin->offer_alert(encoded);
}

void Supervisor::tick(const tmon_tick& tick) {
	for (const auto& plugin : plugins_)
		plugin->tick(tick);
}

std::vector<std::string> Supervisor::drain(const std::vector<uint64_t>& heads, std::chrono::milliseconds limit) {
	for (const auto& plugin : plugins_) {
		plugin->drain(heads);
		plugin->wake();
	}
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
	for (const auto& plugin : plugins_)
		plugin->finish();
	if (run_until([&] { return all(&PluginInstance::gone); }, limit))
		return;
	for (const auto& plugin : plugins_) {
		if (plugin->gone() || plugin->kill())
			continue;
		log_error("plugin " + plugin->name() + " runs in a thread and does not return; it ends with the host");
		stuck_ = true;
	}
}

uint64_t Supervisor::log_lines_lost() const {
	uint64_t lost = 0;
	for (const auto& plugin : plugins_)
		lost += plugin->log_lines_lost();
	return lost;
}

void Supervisor::add_totals(Totals& totals) const {
	for (const auto& plugin : plugins_) {
		totals.plugins.push_back(plugin->totals());
		const AlertTotals alerts = plugin->emitted_alerts();
		totals.alerts.emitted += alerts.emitted;
		totals.alerts.accepted += alerts.accepted;
		totals.alerts.refused += alerts.refused;
	}
}

std::vector<std::string> Supervisor::lost() const {
	std::vector<std::string> names;
	for (const auto& plugin : plugins_) {
		if (plugin->was_lost())
			names.push_back(plugin->name());
	}
	return names;
}

} // namespace tmon
