// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/stats/totals.hpp"

#include "host/system/fd.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <system_error>

namespace tmon {

namespace {

namespace json = boost::json;

uint64_t packets(const tmon_counters& counters, tmon_verdict verdict) {
	uint64_t sum = 0;
	for (const tmon_count& count : counters.verdicts[verdict])
		sum += count.packets;
	return sum;
}

constexpr const char* kVerdicts[TMON_VERDICT_COUNT] = {"permitted",      "logged",         "dropped",
                                                       "never_drop",     "blocked",        "dry_run",  "blocked_dry_run",
                                                       "unfiltered_arp", "unfiltered_nd", "unfiltered_dhcp",
                                                       "unfiltered_non_ip"};
constexpr const char* kFamilies[TMON_FAMILY_COUNT] = {"none", "ipv4", "ipv6"};
constexpr const char* kReasons[TMON_REASON_COUNT] = {"not_permitted", "truncated", "bad_version", "bad_header",
                                                     "vlan_depth",    "split"};

json::object describe_interface(const tmon_counters& counters) {
	json::object verdicts;
	for (int verdict = 0; verdict < TMON_VERDICT_COUNT; ++verdict) {
		json::object families;
		for (int family = 0; family < TMON_FAMILY_COUNT; ++family) {
			const tmon_count& count = counters.verdicts[verdict][family];
			if (count.packets)
				families[kFamilies[family]] = json::object{{"packets", count.packets}, {"bytes", count.bytes}};
		}
		if (!families.empty())
			verdicts[kVerdicts[verdict]] = std::move(families);
	}
	json::object reasons;
	for (unsigned reason = 0; reason < TMON_REASON_COUNT; ++reason) {
		if (counters.denied_by_reason[reason])
			reasons[kReasons[reason]] = counters.denied_by_reason[reason];
	}
	return {{"seen", counters.seen}, {"verdicts", std::move(verdicts)}, {"denied_by_reason", std::move(reasons)}};
}

std::string number(uint64_t value) { return std::to_string(value); }

// Infinity is no JSON; a whole number looks like one.
json::value number_or_null(double value) {
	constexpr double exact = 9007199254740992; // from here on not every whole number is a double
	if (!std::isfinite(value))
		return nullptr;
	if (value == std::floor(value) && std::abs(value) < exact)
		return static_cast<int64_t>(value);
	return value;
}

json::object describe_metrics(const std::vector<MetricValue>& metrics) {
	json::object described;
	for (const MetricValue& metric : metrics) {
		if (metric.kind != TMON_METRIC_HISTOGRAM) {
			described[metric.name] = number_or_null(metric.value);
			continue;
		}
		described[metric.name] = json::object{{"bounds", json::value_from(metric.bounds)},
		                                      {"buckets", json::value_from(metric.buckets)},
		                                      {"sum", number_or_null(metric.value)}};
	}
	return described;
}

} // namespace

void PluginTotals::add(const PluginTotals& more) {
	offered += more.offered;
	delivered += more.delivered;
	lagged += more.lagged;
	failed += more.failed;
	pending += more.pending;
	restarts += more.restarts;
	alerts_accepted += more.alerts_accepted;
	alerts_delivered += more.alerts_delivered;
	alerts_failed += more.alerts_failed;
	alerts_pending += more.alerts_pending;
	metrics.insert(metrics.end(), more.metrics.begin(), more.metrics.end());
}

void PacketTotals::add(const tmon_counters& counters) {
	seen += counters.seen;
	permitted += packets(counters, TMON_VERDICT_PERMITTED);
	dropped += packets(counters, TMON_VERDICT_DENIED_DROPPED) + packets(counters, TMON_VERDICT_DENIED_BLOCKED);
	blocked += packets(counters, TMON_VERDICT_DENIED_BLOCKED);
	would_drop += packets(counters, TMON_VERDICT_DENIED_DRY_RUN) + packets(counters, TMON_VERDICT_BLOCKED_DRY_RUN);
	for (const tmon_verdict verdict : {TMON_VERDICT_DENIED_LOGGED, TMON_VERDICT_DENIED_DROPPED, TMON_VERDICT_DENIED_SPARED,
	                                   TMON_VERDICT_DENIED_BLOCKED, TMON_VERDICT_DENIED_DRY_RUN,
	                                   TMON_VERDICT_BLOCKED_DRY_RUN})
		denied += packets(counters, verdict);
	for (const tmon_verdict verdict : {TMON_VERDICT_UNFILTERED_ARP, TMON_VERDICT_UNFILTERED_ND,
	                                   TMON_VERDICT_UNFILTERED_DHCP, TMON_VERDICT_UNFILTERED_NON_IP})
		passed_unfiltered += packets(counters, verdict);
}

std::vector<std::string> imbalances(const Totals& totals, bool while_packets_flow) {
	std::vector<std::string> wrong;
	const PacketTotals& p = totals.packets;
	if (!while_packets_flow && p.seen != p.permitted + p.denied + p.passed_unfiltered)
		wrong.push_back("seen " + number(p.seen) + " is not permitted " + number(p.permitted) + " + denied " +
		                number(p.denied) + " + passed unfiltered " + number(p.passed_unfiltered));
	if (!while_packets_flow && p.denied != totals.reported)
		wrong.push_back("denied " + number(p.denied) + " is not reported " + number(totals.reported));
	for (const InterfaceTotals& interface : totals.interfaces) {
		PacketTotals own;
		own.add(interface.counters);
		uint64_t reasons = packets(interface.counters, TMON_VERDICT_DENIED_BLOCKED) +
		                   packets(interface.counters, TMON_VERDICT_BLOCKED_DRY_RUN);
		for (const uint64_t count : interface.counters.denied_by_reason)
			reasons += count;
		if (!while_packets_flow && own.denied != reasons)
			wrong.push_back(interface.name + ": denied " + number(own.denied) + " is not what the reasons and the block list make, " +
			                number(reasons));
	}
	if (p.dropped > p.denied)
		wrong.push_back("dropped " + number(p.dropped) + " exceeds denied " + number(p.denied));
	for (const PluginTotals& plugin : totals.plugins) {
		if (plugin.offered != plugin.delivered + plugin.lagged + plugin.failed + plugin.pending)
			wrong.push_back("plugin " + plugin.name + ": offered " + number(plugin.offered) + " is not delivered " +
			                number(plugin.delivered) + " + lagged " + number(plugin.lagged) + " + failed " +
			                number(plugin.failed) + " + pending " + number(plugin.pending));
		if (plugin.alerts_accepted != plugin.alerts_delivered + plugin.alerts_failed + plugin.alerts_pending)
			wrong.push_back("plugin " + plugin.name + ": alerts accepted " + number(plugin.alerts_accepted) +
			                " is not delivered " + number(plugin.alerts_delivered) + " + failed " +
			                number(plugin.alerts_failed) + " + pending " + number(plugin.alerts_pending));
	}
	if (totals.alerts.emitted != totals.alerts.accepted + totals.alerts.refused)
		wrong.push_back("alerts emitted " + number(totals.alerts.emitted) + " is not accepted " +
		                number(totals.alerts.accepted) + " + refused " + number(totals.alerts.refused));
	return wrong;
}

std::vector<std::string> describe(const Totals& totals) {
	const PacketTotals& p = totals.packets;
	std::vector<std::string> lines;
	lines.push_back("packets: seen " + number(p.seen) + " = permitted " + number(p.permitted) + " + denied " +
	                number(p.denied) + " + passed unfiltered " + number(p.passed_unfiltered) + "; dropped " +
	                number(p.dropped) + " of the denied; reported " + number(totals.reported) +
	                (p.blocked ? "; on the block list " + number(p.blocked) + " of the dropped" : "") +
	                (p.would_drop ? "; dry run: " + number(p.would_drop) + " would have been dropped" : ""));
	for (const PluginTotals& plugin : totals.plugins) {
		std::string line = "plugin " + plugin.name + ": offered " + number(plugin.offered) + " = delivered " +
		                   number(plugin.delivered) + " + lagged " + number(plugin.lagged) + " + failed " +
		                   number(plugin.failed) + " + pending " + number(plugin.pending);
		if (plugin.alerts_accepted)
			line += "; alerts accepted " + number(plugin.alerts_accepted) + " = delivered " +
			        number(plugin.alerts_delivered) + " + failed " + number(plugin.alerts_failed) + " + pending " +
			        number(plugin.alerts_pending);
		if (plugin.restarts)
			line += "; started again " + number(plugin.restarts) + (plugin.restarts == 1 ? " time" : " times");
		lines.push_back(std::move(line));
	}
	if (totals.alerts.emitted)
		lines.push_back("alerts: emitted " + number(totals.alerts.emitted) + " = accepted " +
		                number(totals.alerts.accepted) + " + refused " + number(totals.alerts.refused));
	return lines;
}

std::string to_json(const Totals& totals) {
	const PacketTotals& p = totals.packets;
	json::object plugins;
	for (const PluginTotals& plugin : totals.plugins) {
		json::object one{{"offered", plugin.offered},
		                 {"delivered", plugin.delivered},
		                 {"lagged", plugin.lagged},
		                 {"failed", plugin.failed},
		                 {"pending", plugin.pending},
		                 {"restarts", plugin.restarts}};
		if (!plugin.metrics.empty())
			one["metrics"] = describe_metrics(plugin.metrics);
		if (plugin.alerts_accepted)
			one["alerts"] = json::object{{"accepted", plugin.alerts_accepted},
			                             {"delivered", plugin.alerts_delivered},
			                             {"failed", plugin.alerts_failed},
			                             {"pending", plugin.alerts_pending}};
		plugins[plugin.name] = std::move(one);
	}
	json::object interfaces;
	for (const InterfaceTotals& interface : totals.interfaces)
		interfaces[interface.name] = describe_interface(interface.counters);
	const json::object all{{"seen", p.seen},
	                       {"permitted", p.permitted},
	                       {"denied", p.denied},
	                       {"dropped", p.dropped},
	                       {"blocked", p.blocked},
	                       {"would_drop", p.would_drop},
	                       {"passed_unfiltered", p.passed_unfiltered},
	                       {"reported", totals.reported},
	                       {"plugins", std::move(plugins)},
	                       {"alerts",
	                        {{"emitted", totals.alerts.emitted},
	                         {"accepted", totals.alerts.accepted},
	                         {"refused", totals.alerts.refused}}},
	                       {"interfaces", std::move(interfaces)}};
	return json::serialize(all) + "\n";
}

namespace {

// No link: in a directory that others can write to it could point to any file.
Fd open_partial(const std::string& partial) {
	Fd file(open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
	if (!file)
		throw std::system_error(errno, std::generic_category(), "cannot write " + partial);
	return file;
}

} // namespace

void check_replaceable(const std::string& path) {
	struct stat status;
	if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
		throw std::system_error(EISDIR, std::generic_category(), "cannot replace " + path);
	const std::string partial = path + ".partial";
	open_partial(partial);
	unlink(partial.c_str());
}

void write_atomically(const std::string& path, const std::string& content) {
	const std::string partial = path + ".partial";
	const auto fail = [&](const std::string& what) {
		const int error = errno;
		unlink(partial.c_str());
		throw std::system_error(error, std::generic_category(), what);
	};
	Fd file = open_partial(partial);
	for (std::size_t at = 0; at < content.size();) {
		const ssize_t written = write(file.get(), content.data() + at, content.size() - at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			fail("cannot write " + partial);
		at += static_cast<std::size_t>(written);
	}
	file.reset();
	if (rename(partial.c_str(), path.c_str()) != 0)
		fail("cannot replace " + path);
}

} // namespace tmon
