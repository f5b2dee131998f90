// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/reload.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"

#include <algorithm>

namespace tmon {

namespace {

using Swap = PluginInstance::Swap;
using State = PluginInstance::State;

bool is_over(State state) { return state == State::dead || state == State::ended; }

} // namespace

Reload::Reload(Instances& plugins, std::vector<PluginConfig> wanted,
               const std::function<std::unique_ptr<PluginInstance>(const PluginConfig&)>& make)
    : plugins_(plugins), wanted_(std::move(wanted)) {
	for (const PluginConfig& config : wanted_) {
		const auto found = std::find_if(plugins_.begin(), plugins_.end(),
		                                [&](const auto& plugin) { return plugin->name() == config.name; });
		if (found == plugins_.end()) {
			added_.push_back(make(config));
			continue;
		}
		PluginInstance& plugin = **found;
		Change change{&plugin, plugin.config(), config};
		// The same content is the same file: a thread would load it a second time for nothing.
		if (change.wanted.file->sha256 == change.before.file->sha256)
			change.wanted.file = change.before.file;
		const bool same = same_but_for_config(change.before, config);
		if (same && change.before.config_json == config.config_json && change.before.config_paths == config.config_paths &&
		    !is_over(plugin.state()))
			continue;
		(same && plugin.can_reconfigure(config) ? reconfigured_ : replaced_).push_back(std::move(change));
	}
	for (const auto& plugin : plugins_) {
		if (std::none_of(wanted_.begin(), wanted_.end(),
		                 [&](const PluginConfig& config) { return config.name == plugin->name(); }))
			removed_.push_back(plugin.get());
	}
	answers_missing_ = reconfigured_.size();
	std::vector<Change> changes = reconfigured_;
	for (std::size_t i = 0; i < changes.size(); ++i) {
		changes[i].plugin->reconfigure(changes[i].wanted, [this, change = changes[i]](const auto& outcome) {
			--answers_missing_;
			if (outcome.status == TMON_OK)
				return;
			std::erase_if(reconfigured_, [&](const Change& other) { return other.plugin == change.plugin; });
			if (outcome.status == TMON_E_UNSUPPORTED)
				replaced_.push_back(change);
			else
				fail(change.wanted, outcome.status, outcome.reason);
		});
	}
}

void Reload::fail(const PluginConfig& plugin, int32_t status, const std::string& reason) {
	result_.failures.push_back({plugin, status, reason});
}

bool Reload::is_adding(const PluginInstance& plugin) const {
	return std::any_of(added_.begin(), added_.end(), [&](const auto& added) { return added.get() == &plugin; });
}

// What has failed in the present step; called when each has come to its end.
bool Reload::collect_failures() {
	for (const Change& change : replaced_) {
		if (change.plugin->swap() == Swap::failed)
			fail(change.wanted, change.plugin->swap_failure().status, change.plugin->swap_failure().reason);
	}
	for (const auto& plugin : added_) {
		if (is_over(plugin->state()))
			fail(plugin->config(), plugin->refusal().status, plugin->refusal().reason);
	}
	return !result_.failures.empty();
}

bool Reload::advance() {
	const auto all_are = [&](Swap goal) {
		return std::all_of(replaced_.begin(), replaced_.end(), [&](const Change& change) {
			return change.plugin->swap() == goal || change.plugin->swap() == Swap::failed;
		});
	};
	if (step_ == Step::reconfiguring && answers_missing_ == 0) {
		step_ = Step::loading;
		if (result_.failures.empty()) {
			for (const Change& change : replaced_)
				change.plugin->prepare(change.wanted);
		} else {
			take_back();
		}
	}
	const auto started = [](const auto& plugin) {
		return plugin->state() != State::starting;
	};
	if (step_ == Step::loading && all_are(Swap::loaded) && std::all_of(added_.begin(), added_.end(), started)) {
		if (collect_failures()) {
			take_back();
		} else {
			step_ = Step::taking;
			for (const Change& change : replaced_)
				change.plugin->take_over();
		}
	}
	if (step_ == Step::taking && all_are(Swap::ready)) {
		if (collect_failures())
			take_back();
		else
			commit();
	}
	return step_ == Step::over;
}

void Reload::abandon(const std::string& reason) {
	if (step_ == Step::over)
		return;
	result_.failures.push_back({PluginConfig{}, TMON_E_INTERNAL, reason});
	take_back();
}

void Reload::commit() {
	step_ = Step::over;
	for (const Change& change : replaced_) {
		result_.replaced.push_back(change.wanted.name);
		change.plugin->commit();
	}
	for (const Change& change : reconfigured_)
		result_.reconfigured.push_back(change.wanted.name);
	for (auto& plugin : added_) {
		result_.added.push_back(plugin->name());
		plugin->go();
		plugins_.push_back(std::move(plugin));
	}
	added_.clear();
	for (PluginInstance* plugin : removed_) {
		result_.removed.push_back(plugin->name());
		const auto found =
		    std::find_if(plugins_.begin(), plugins_.end(), [&](const auto& other) { return other.get() == plugin; });
		left_over_.push_back(std::move(*found));
		plugins_.erase(found);
	}
	// In the order of the configuration.
	const auto place = [&](const std::unique_ptr<PluginInstance>& plugin) {
		return std::find_if(wanted_.begin(), wanted_.end(),
		                    [&](const PluginConfig& config) { return config.name == plugin->name(); }) -
		       wanted_.begin();
	};
	std::sort(plugins_.begin(), plugins_.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

void Reload::take_back() {
	step_ = Step::over;
	for (const Change& change : replaced_)
		change.plugin->abort();
	for (const Change& change : reconfigured_) {
		change.plugin->reconfigure(change.before, [name = change.before.name](const auto& outcome) {
			if (outcome.status != TMON_OK)
				log_error("plugin " + name + " does not take its configuration back: " + outcome.reason);
		});
	}
	left_over_ = std::move(added_);
	added_.clear();
}

} // namespace tmon
