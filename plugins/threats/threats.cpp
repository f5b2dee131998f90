// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/seeded_hash.hpp"
#include "plugins/threats/port_scan.hpp"
#include "traffic_monitor/plugin.hpp"

#include <optional>

namespace {

using tmon::threats::PortScan;

std::optional<PortScan::Settings> read_settings(const tmon::Config& config) {
	const tmon::Config section = config.section_or_empty("port_scan");
	if (!section.flag("enabled", true))
		return std::nullopt;
	PortScan::Settings settings;
	settings.ports = section.number<uint32_t>("ports", 10);
	settings.window_ns = section.number<uint32_t>("window_seconds", 60) * uint64_t{1'000'000'000};
	settings.seed = config.number("seed", tmon::plugins::random_seed());
	return settings;
}

class Threats : public tmon::Plugin {
public:
	Threats(tmon::Host host, std::string_view text) : Plugin(host, text) {
		if (const auto settings = read_settings(config()))
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

TMON_PLUGIN(Threats, "threats", TMON_VERSION_STRING, R"(
	"description": "Looks for patterns in the events and raises alerts: port scans",
	"license": "MIT OR Apache-2.0",
	"config": {
		"type": "object",
		"properties": {
			"port_scan": {
				"type": "object",
				"default": {},
				"properties": {
					"enabled": {"type": "boolean", "default": true},
					"ports": {
						"description": "distinct destination ports that make a scan",
						"type": "integer", "minimum": 2, "maximum": 1024, "default": 10
					},
					"window_seconds": {
						"description": "within that many seconds",
						"type": "integer", "minimum": 1, "maximum": 86400, "default": 60
					}
				}
			},
			"seed": {
				"description": "places of sources in the table: repeats a run exactly; else random",
				"type": "integer", "minimum": 0
			}
		}
	})")
