// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/alerts/alert_text.hpp"

#include "plugins/format/escape.hpp"
#include "plugins/format/text.hpp"
#include "plugins/format/time.hpp"
#include "traffic_monitor/plugin.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace tmon::alerts {

namespace {

template <std::size_t N>
std::string_view name(const std::string_view (&names)[N], uint32_t value) {
	return value < N ? names[value] : std::string_view("unknown");
}
constexpr std::string_view states[] = {"open", "update", "closed"};
constexpr std::string_view severities[] = {"unknown", "low", "medium", "high", "critical"};

std::string address(const uint8_t* bytes, uint32_t ip_version) {
	char text[64];
	return {text, format::put_address(text, bytes, ip_version)};
}

std::string quoted(std::string_view text) {
	std::string out = "\"";
	format::append_json_escaped(out, text);
	return out += '"';
}

std::string time(uint64_t utc_ns) {
	char text[32];
	return '"' + std::string(text, format::put_iso(text, utc_ns)) + '"';
}

// JSON has no infinities and no NaN.
std::string number(double value) {
	if (!std::isfinite(value))
		return "null";
	char text[32];
	return {text, std::to_chars(text, std::end(text), value).ptr};
}

std::string measures(const tmon_measure* list, uint64_t count) {
	std::string out = "{";
	for (uint64_t i = 0; i < count; ++i)
		out += (i == 0 ? "" : ",") + quoted(to_view(list[i].name)) + ":" + number(list[i].value);
	return out += '}';
}

} // namespace

std::string console_line(const tmon_alert& alert, bool colour) {
	std::string out = colour ? "\x1b[1;31m[ALERT]\x1b[0m " : "[ALERT] ";
	out += name(severities, alert.severity);
	out += ' ';
	format::append_printable(out, to_view(alert.rule));
	out += ' ';
	out += name(states, alert.state);
	out += ' ' + address(alert.source, alert.ip_version);
	if (alert.victim_count > 0)
		out += " -> " + address(alert.victims[0], alert.ip_version);
	if (alert.victim_count > 1)
		out += " and " + std::to_string(alert.victim_count - 1) + " more";
	out += ": ";
	format::append_printable(out, to_view(alert.message));
	return out += '\n';
}

std::string json_line(const tmon_alert& alert) {
	std::string victims;
	for (uint32_t i = 0; i < alert.victim_count; ++i)
		victims += (i == 0 ? "\"" : ",\"") + address(alert.victims[i], alert.ip_version) + '"';
	const std::string id = std::string(to_view(alert.emitter)) + "-" + std::to_string(alert.alert_id);

	std::string out = R"({"type":"alert","alert_id":)" + quoted(id);
	const auto add = [&out](std::string_view key, std::string_view json) {
		((out += ",\"") += key) += "\":";
		out += json;
	};
	add("state", quoted(name(states, alert.state)));
	add("rule", quoted(to_view(alert.rule)));
	add("severity", quoted(name(severities, alert.severity)));
	add("confidence", number(alert.confidence));
	add("src", quoted(address(alert.source, alert.ip_version)));
	add("victims", "[" + victims + "]");
	add("first_seen", time(alert.first_seen_ns));
	add("last_seen", time(alert.last_seen_ns));
	add("count", std::to_string(alert.count));
	add("suppressed", std::to_string(alert.suppressed));
	add("threshold", measures(alert.threshold, alert.threshold_count));
	add("observed", measures(alert.observed, alert.observed_count));
	add("message", quoted(to_view(alert.message)));
	add("lagged_during", std::to_string(alert.lagged_during));
	add("mitre", quoted(to_view(alert.mitre)));
	add("emitter", quoted(to_view(alert.emitter)));
	return out += "}\n";
}

} // namespace tmon::alerts
