// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/config.hpp"
#include "plugins/common/seeded_hash.hpp"
#include "plugins/threats/port_scan.hpp"
#include "traffic_monitor/plugin.hpp"

#include <optional>

namespace {

using tmon::plugins::Config;
using tmon::threats::PortScan;

std::optional<PortScan::Settings> read_settings(std::string_view text) {
	Config config(text);
	Config& section = config.section("port_scan");
	const bool enabled = section.flag("enabled", true);
	PortScan::Settings settings;
	settings.ports = static_cast<uint32_t>(section.number("ports", 10, 2, 1024));
	settings.window_ns = section.number("window_seconds", 60, 1, 86'400) * 1'000'000'000;
	settings.seed = config.has("seed") ? 0 : tmon::plugins::random_seed();
	settings.seed = config.number("seed", settings.seed, 0, UINT64_MAX);
	config.finish();
	return enabled ? std::optional(settings) : std::nullopt;
}

class Threats : public tmon::Plugin {
public:
	Threats(tmon::Host host, std::string_view config) : Plugin(host, config) {
		if (const auto settings = read_settings(config))
			port_scan_.emplace(*settings, [host](const tmon_alert& alert) { return host.emit(alert); });
	}

	void on_batch(const tmon::Batch& batch) {
		if (port_scan_)
			port_scan_->feed(batch);
	}

	void on_tick(const tmon_tick& tick) {
		if (!port_scan_)
			return;
		// After the end there is nobody to take alerts.
		if ((tick.flags & TMON_TICK_FINAL) == 0)
			port_scan_->tick(tick.now_ns, tick.clock_offset_ns);
		report(port_scan_->evicted(), evicted_, "sources were forgotten before their window had passed");
		report(port_scan_->closed_early(), closed_early_, "alerts were closed to make room for others");
	}

	void on_end() {
		if (port_scan_)
			port_scan_->end();
	}

private:
	void report(uint64_t now, uint64_t& reported, std::string_view what) const {
		if (now == reported)
			return;
		host().warning("port_scan: " + std::to_string(now - reported) + " " + std::string(what) + " (" +
		               std::to_string(now) + " in this run)");
		reported = now;
	}

	std::optional<PortScan> port_scan_;
	uint64_t evicted_ = 0, closed_early_ = 0; // as last reported
};

} // namespace

TMON_PLUGIN(Threats, "threats", TMON_VERSION_STRING)
