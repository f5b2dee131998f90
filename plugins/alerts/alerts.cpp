// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/alerts/alert_text.hpp"
#include "plugins/common/output.hpp"
#include "traffic_monitor/plugin.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace {

using namespace tmon::plugins;

constexpr std::array<std::string_view, 4> severities = {"low", "medium", "high", "critical"};

uint32_t severity_named(std::string_view name) {
	for (std::size_t i = 0; i < severities.size(); ++i)
		if (severities[i] == name)
			return TMON_SEVERITY_LOW + static_cast<uint32_t>(i);
	throw tmon::Error(TMON_E_CONFIG, "\"minimum_severity\" is none of the four severities");
}

// Writes each alert out before on_alert returns, so that one that was delivered is in the file.
class Alerts : public tmon::Plugin {
public:
	Alerts(tmon::Host host, std::string_view text) : Plugin(host, text) {
		const bool to_console = config().flag("console", true);
		const std::string file = config().text("file", "");
		least_ = severity_named(config().text("minimum_severity", "low"));
		if (!to_console && file.empty())
			throw tmon::Error(TMON_E_CONFIG,
			                  "\"console\" is false and \"file\" is missing: alerts would go nowhere");
		if (to_console) {
			console_.emplace(host, "-");
			colour_ = wants_colour(console_->descriptor());
		}
		if (!file.empty())
			file_.emplace(host, file);
	}

	void on_alert(const tmon_alert& alert) {
		if (alert.severity < least_)
			return;
		// The file first: it is what stays.
		std::optional<tmon::Error> failure = write(file_, [&] { return tmon::alerts::json_line(alert); });
		const auto second = write(console_, [&] { return tmon::alerts::console_line(alert, colour_); });
		if (!failure)
			failure = second;
		if (failure)
			throw *failure;
	}

private:
	// Gives the error instead of throwing it: one output that fails does not keep the other from its alert.
	template <class Render>
	std::optional<tmon::Error> write(std::optional<LineFile>& output, Render render) {
		if (!output)
			return std::nullopt;
		lines_.clear();
		lines_.append(render());
		try {
			output->write(lines_);
		} catch (const tmon::Error& error) {
			return error;
		}
		return std::nullopt;
	}

	std::optional<LineFile> console_, file_;
	LineBuffer lines_{4096};
	uint32_t least_ = TMON_SEVERITY_LOW;
	bool colour_ = false;
};

} // namespace

TMON_PLUGIN(Alerts, "alerts", TMON_VERSION_STRING, R"(
	"description": "Shows the alerts of all plugins and writes them to a file",
	"license": "MIT OR Apache-2.0",
	"config": {
		"type": "object",
		"properties": {
			"console": {
				"description": "print one line for each alert to the standard output of the host",
				"type": "boolean", "default": true
			},
			"file": {
				"description": "one JSON object a line is appended to it",
				"type": "string", "format": "path", "minLength": 1
			},
			"minimum_severity": {
				"description": "lesser alerts are left out",
				"type": "string", "enum": ["low", "medium", "high", "critical"], "default": "low"
			}
		}
	})")
