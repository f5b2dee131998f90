// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/supervise/plugin_instance.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace tmon {

// All plugins of a run: started together, fed, woken, told of alerts and ticks, and ended together.
// Lives on the thread that runs the io_context.
class Supervisor {
public:
	struct StartFailure {
		PluginConfig plugin;
		int32_t status;
		std::string reason;
	};

	// `arm_doorbell` is called before the rings are looked at for the last time and the source is left to
	// wake us through ring_doorbell. Rings and descriptors outlive the supervisor.
	Supervisor(boost::asio::io_context& io, const EventRings& rings, int rings_descriptor,
	           std::vector<Interface> interfaces, InstalledTree tree, std::function<void()> arm_doorbell);
	~Supervisor();

	// Starts every plugin and waits until each is ready. Either all are, or the failures are returned and
	// all are ended again.
	std::vector<StartFailure> start(const std::vector<PluginConfig>& plugins);

	// The doorbell has been rung.
	void wake_sleepers();

	void tick(const tmon_tick& tick);

	// Lets every plugin read up to `heads`, end and flush, for at most `limit`; what alerts they emit is
	// passed on. Returns the names of those that did not manage.
	std::vector<std::string> drain(const std::vector<uint64_t>& heads, std::chrono::milliseconds limit);

	// Tells every plugin to flush and go, and ends what has not gone after `limit`.
	void finish(std::chrono::milliseconds limit);

	// True when a plugin in a thread has not returned: the process must then end without destroying this.
	bool is_stuck() const noexcept { return stuck_; }

	// Lines that plugins logged and that found no room on the way here.
	uint64_t log_lines_lost() const;

	// Adds the accounts of plugins and alerts.
	void add_totals(Totals& totals) const;

	// Names of the plugins whose runner has died since the start, or that could not go on to the end.
	std::vector<std::string> lost() const;

private:
	using State = PluginInstance::State;

	void route(PluginInstance& emitter, const DecodedAlert& alert);
	void note_change(PluginInstance& plugin);
	void note_sleep(PluginInstance& plugin);
	bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit);
	bool all(const std::function<bool(const PluginInstance&)>& condition) const;

	boost::asio::io_context& io_;
	const InstalledTree tree_;
	RunnerEnvironment environment_;
	std::function<void()> arm_doorbell_;
	std::vector<std::unique_ptr<PluginInstance>> plugins_;
	bool started_ = false;
	bool stuck_ = false;
};

} // namespace tmon
