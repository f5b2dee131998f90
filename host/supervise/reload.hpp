// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/supervise/plugin_instance.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tmon {

struct ReloadResult {
	struct Failure {
		PluginConfig plugin;
		int32_t status;
		std::string reason;
	};
	std::vector<Failure> failures; // none: everything is as it was asked for; any: nothing has changed
	// Names of instances.
	std::vector<std::string> added, removed, replaced, reconfigured;
};

// One change of the set of plugins, step by step: reconfigure, load, take over, commit. Until commit every step can
// be taken back.
class Reload {
public:
	using Instances = std::vector<std::unique_ptr<PluginInstance>>;

	// `plugins` is what there is, and outlives this; `make` starts an instance that is to be added. Throws what it throws,
	// with nothing changed.
	Reload(Instances& plugins, std::vector<PluginConfig> wanted,
	       const std::function<std::unique_ptr<PluginInstance>(const PluginConfig&)>& make);

	// Goes on as far as it can now; to be called after every change of an instance. True when it is over: then
	// `result` is final. After a success `plugins` is what was asked for, in its order, and what was removed is in
	// `left_over`; after a failure that holds what was to be added. They are yet to end.
	bool advance();

	// Takes everything back.
	void abandon(const std::string& reason);

	const ReloadResult& result() const noexcept { return result_; }
	Instances& left_over() noexcept { return left_over_; }
	bool is_adding(const PluginInstance& plugin) const;

private:
	enum class Step { reconfiguring, loading, taking, over };

	struct Change {
		PluginInstance* plugin;
		PluginConfig before, wanted;
	};

	bool collect_failures();
	void fail(const PluginConfig& plugin, int32_t status, const std::string& reason);
	void commit();
	void take_back();

	Instances& plugins_;
	const std::vector<PluginConfig> wanted_;
	Instances added_;
	std::vector<PluginInstance*> removed_;
	std::vector<Change> replaced_, reconfigured_;
	std::size_t answers_missing_ = 0; // of reconfigured_
	Step step_ = Step::reconfiguring;
	ReloadResult result_;
	Instances left_over_;
};

} // namespace tmon
