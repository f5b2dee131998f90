// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/runner/host_services.hpp"
#include "host/runner/page.hpp"
#include "host/runner/plugin_module.hpp"

#include <memory>
#include <string>

namespace tmon {

// One instance of a plugin, and the only place from which it is called. Marks in the page which call is under
// way, for whoever watches from outside, and opens the [serial] services for its duration.
class LoadedPlugin {
public:
	// All outlive the plugin.
	LoadedPlugin(const PluginModule& module, RunnerPage& page, HostServices& services)
	    : module_(module), page_(page), services_(services) {}
	~LoadedPlugin() { destroy(); }
	LoadedPlugin(const LoadedPlugin&) = delete;
	LoadedPlugin& operator=(const LoadedPlugin&) = delete;

	// Each returns the plugin's status; those of an extension that it has not, TMON_E_UNSUPPORTED.
	int32_t create(std::string_view config);
	int32_t on_batch(const tmon_batch& batch);
	int32_t flush();
	int32_t on_alert(const tmon_alert& alert);
	int32_t on_tick(const tmon_tick& tick);
	int32_t on_end();
	int32_t save(std::string& state);
	int32_t restore(std::string_view state);
	int32_t reconfigure(std::string_view config);
	void destroy();

	bool exists() const noexcept { return created_; }
	bool takes_events() const noexcept { return module_.api().on_batch != nullptr; }
	bool flushes() const noexcept { return module_.api().flush != nullptr; }
	bool takes_alerts() const noexcept { return alerts_ != nullptr; }
	bool has_end() const noexcept { return end_ != nullptr; }
	PluginTraits traits() const;

	// How what it has differs from the capabilities that its manifest names; empty when they agree. After create.
	std::string contradict(const std::vector<std::string>& capabilities) const;

private:
	template <class Function> auto call(Call which, Function function);
	template <class Table> const Table* extension(const char* id, std::size_t least);

	const PluginModule& module_;
	RunnerPage& page_;
	HostServices& services_;
	void* self_ = nullptr;
	bool created_ = false;
	const tmon_ext_alerts* alerts_ = nullptr;
	const tmon_ext_ticks* ticks_ = nullptr;
	const tmon_ext_end* end_ = nullptr;
	const tmon_ext_state* state_ = nullptr;
	const tmon_ext_reconfigure* reconfigure_ = nullptr;
};

} // namespace tmon
