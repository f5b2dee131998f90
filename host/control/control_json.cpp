// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/control_json.hpp"

#include "traffic_monitor/version.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace tmon {

namespace {

namespace json = boost::json;

json::object counts(const EntryCounts& entries) { return {{"ipv4", entries.ipv4}, {"ipv6", entries.ipv6}}; }

json::array interfaces(const std::vector<InterfaceStatus>& interfaces) {
	json::array array;
	for (const InterfaceStatus& interface : interfaces) {
		array.push_back({{"name", interface.name},
		                 {"ifindex", interface.ifindex},
		                 {"state", interface.gone ? "gone" : "attached"},
		                 {"mode", interface.mode},
		                 {"since", format_utc(interface.since_ns)}});
	}
	return array;
}

json::object plugin(const PluginTotals& totals, const std::vector<PluginStatus>& states) {
	json::object object{{"name", totals.name}};
	const auto state = std::find_if(states.begin(), states.end(), [&](const auto& each) { return each.name == totals.name; });
	if (state != states.end()) {
		object["id"] = state->id;
		object["version"] = state->version;
		object["state"] = state->state;
	} else {
		object["state"] = "removed";
	}
	object["offered"] = totals.offered;
	object["delivered"] = totals.delivered;
	object["lagged"] = totals.lagged;
	object["failed"] = totals.failed;
	object["pending"] = totals.pending;
	object["restarts"] = totals.restarts;
	return object;
}

json::object block_entry(const BlockEntry& entry) {
	return {{"prefix", to_string(entry.prefix)},
	        {"seconds_left", entry.seconds_left},
	        {"by", entry.by},
	        {"reason", entry.reason}};
}

} // namespace

std::string format_utc(int64_t ns) {
	const time_t seconds = ns / 1'000'000'000;
	struct tm parts;
	char text[32];
	gmtime_r(&seconds, &parts);
	return std::string(text, strftime(text, sizeof text, "%FT%TZ", &parts));
}

std::string_view to_string(DropState state) {
	switch (state) {
	case DropState::dropping:
		return "dropping";
	case DropState::until_confirmed:
		return "until_confirmed";
	case DropState::reverted:
		return "reverted";
	case DropState::log_only:
		break;
	}
	return "log_only";
}

json::object to_json_object(const Status& status) {
	json::object drop{{"state", to_string(status.drop.state)}, {"dry_run", status.drop.dry_run}};
	if (status.drop.state == DropState::until_confirmed)
		drop["seconds_left"] = status.drop.seconds_left;
	const PacketTotals& packets = status.totals.packets;
	json::array plugins;
	for (const PluginTotals& totals : status.totals.plugins)
		plugins.push_back(plugin(totals, status.plugins));
	return {{"version", TMON_VERSION_STRING},
	        {"pid", getpid()},
	        {"uptime_seconds", status.uptime.count()},
	        {"pinned", status.pinned},
	        {"interfaces", interfaces(status.interfaces)},
	        {"policy", json::object{{"generation", status.policy.generation},
	                                {"since", format_utc(status.policy.since_ns)},
	                                {"permitted", counts(status.policy.permitted)},
	                                {"denied", counts(status.policy.denied)},
	                                {"never_drop", counts(status.policy.never_drop)}}},
	        {"drop", std::move(drop)},
	        {"blocks", json::object{{"entries", status.blocks.entries},
	                                {"capacity", status.blocks.capacity},
	                                {"packets", status.blocks.packets}}},
	        {"packets", json::object{{"seen", packets.seen},
	                                 {"permitted", packets.permitted},
	                                 {"denied", packets.denied},
	                                 {"dropped", packets.dropped},
	                                 {"would_drop", packets.would_drop},
	                                 {"passed_unfiltered", packets.passed_unfiltered}}},
	        {"reported", status.totals.reported},
	        {"alerts", json::object{{"emitted", status.totals.alerts.emitted},
	                                {"accepted", status.totals.alerts.accepted},
	                                {"refused", status.totals.alerts.refused}}},
	        {"plugins", std::move(plugins)}};
}

json::object to_json_object(const CheckedAddress& checked, const Prefix& address) {
	const std::string text = to_string(address);
	json::object object{{"address", text.substr(0, text.find('/'))},
	                    {"reported", checked.reported},
	                    {"dropped", checked.dropped},
	                    {"entry", nullptr},
	                    {"block", nullptr}};
	if (checked.entry) {
		object["entry"] = json::object{{"prefix", to_string(checked.entry->prefix)},
		                               {"class", to_string(checked.entry->kind)},
		                               {"name", checked.entry->name},
		                               {"place", checked.entry->place}};
	}
	if (checked.block)
		object["block"] = block_entry(*checked.block);
	return object;
}

json::object to_json_object(const BlockPage& page) {
	json::array entries;
	for (const BlockEntry& entry : page.entries)
		entries.push_back(block_entry(entry));
	json::object object{{"total", page.total}, {"entries", std::move(entries)}, {"next", nullptr}};
	if (page.more && !page.entries.empty())
		object["next"] = to_string(page.entries.back().prefix);
	return object;
}

} // namespace tmon
