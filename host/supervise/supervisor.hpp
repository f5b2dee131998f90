// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/supervise/crash_store.hpp"
#include "host/supervise/plugin_instance.hpp"
#include "host/supervise/reload.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tmon {

// All plugins of a run: started together, fed, woken, told of alerts and ticks, replaced, and ended together.
// Lives on the thread that runs the io_context.
class Supervisor final : PluginInstance::Listener {
public:
	struct StartFailure {
		PluginConfig plugin;
		int32_t status;
		std::string reason;
	};

	// What a supervisor asks of the source of events and its keeper.
	struct Source {
		// Called before the rings are looked at for the last time and the source is left to wake us through
		// wake_sleepers.
		std::function<void()> arm_doorbell;
		// The totals of now, for a plugin that wants ticks of its own.
		std::function<tmon_tick(uint32_t flags)> make_tick;
		// Has blocked what a plugin asks for, whose configuration grants it; returns why not, or nothing. Not set where
		// nothing can be blocked: plugins are then told so.
		std::function<std::string(const PluginConfig&, const BlockRequest&)> block = {};
	};

	// `environment` and `crashes` are kept. What they refer to outlives the supervisor.
	Supervisor(boost::asio::io_context& io, RunnerEnvironment environment, CrashStore crashes, Source source);
	~Supervisor();

	// Starts every plugin, waits until each is ready, and lets them read. Either all are, or the failures are returned
	// and all are ended again.
	std::vector<StartFailure> start(const std::vector<PluginConfig>& plugins);

	// Makes the plugins those of `plugins`, in the loop, while events flow: adds, removes, reconfigures and replaces;
	// what has not changed is left alone. All of it succeeds, or nothing changes and the failures say why. `done` is
	// called once, from the loop or at once. Not while another one is under way.
	void reload(std::vector<PluginConfig> plugins, std::function<void(const ReloadResult&)> done);
	bool is_reloading() const noexcept { return reload_ != nullptr; }

	// Names of list entries, before events come that carry their ids; the last kEntryNameTables of them stay known.
	void set_entry_names(std::shared_ptr<const EntryNames> names) { environment_.names->add(std::move(names)); }
	// An interface that was not there at the start, before events come from it.
	void add_interface(const Interface& interface) { environment_.names->add(interface); }

	// The doorbell has been rung.
	void wake_sleepers();

	// At the statistics interval, and once at the end.
	void tick(const tmon_tick& tick);

	// Lets every plugin read up to `heads`, end and flush, for at most `limit`; what alerts they emit is
	// passed on. A reload that is under way is called off. Returns the names of those that did not manage.
	std::vector<std::string> drain(const std::vector<uint64_t>& heads, std::chrono::milliseconds limit);

	// Tells every plugin to flush and go, and ends what has not gone after `limit`.
	void finish(std::chrono::milliseconds limit);

	// True when a plugin in a thread has not returned: the process must then end without destroying this.
	bool is_stuck() const noexcept { return stuck_; }

	// Lines of plugins that found no room on the way here, or were too many to be shown.
	uint64_t lines_lost() const;

	// Adds the accounts of plugins and alerts. Plugins that a reload has removed are still in them.
	void add_totals(Totals& totals) const;

	// One plugin as it stands, for people.
	struct Standing {
		std::string name, id, version;
		const char* state; // "running", "down", ...
	};
	std::vector<Standing> standings() const;

	// The plugins that have died since they were started, and why.
	std::vector<StartFailure> deaths() const;

	// Names of the plugins that are dead, or could not go on to the end, or whose figures were impossible.
	std::vector<std::string> lost() const;

private:
	using State = PluginInstance::State;

	void on_change(PluginInstance& plugin) override;
	void on_alert(PluginInstance& emitter, const DecodedAlert& alert) override;
	void on_block(PluginInstance& plugin, const BlockRequest& request) override;
	void on_asleep(PluginInstance& plugin) override;
	tmon_tick make_tick(uint32_t flags) override { return source_.make_tick(flags); }

	std::unique_ptr<PluginInstance> make_instance(const PluginConfig& config);
	void advance_reload();
	void end_reload();
	void forget_the_gone();
	std::vector<uint64_t> heads() const;
	bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit);
	bool all(const std::function<bool(const PluginInstance&)>& condition) const;

	boost::asio::io_context& io_;
	RunnerEnvironment environment_;
	CrashStore crashes_;
	Source source_;
	std::vector<std::unique_ptr<PluginInstance>> plugins_;
	std::vector<std::unique_ptr<PluginInstance>> removed_;   // by a reload, and not folded into past_ yet
	std::vector<std::unique_ptr<PluginInstance>> abandoned_; // of reloads that failed; they have had no event
	// What is left of those that have gone: neither their files nor their names add up over a thousand reloads.
	struct Past {
		std::vector<PluginTotals> plugins;
		AlertTotals alerts;
		uint64_t lines_lost = 0;
		std::set<std::string> lost;
	} past_;
	std::set<const PluginInstance*> reported_;               // whose death has been logged
	std::unique_ptr<Reload> reload_;
	std::function<void(const ReloadResult&)> reload_done_;
	bool started_ = false;
	bool stuck_ = false;
};

} // namespace tmon
