// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What was counted, and whether it adds up.
#pragma once

#include "bpf/counters.h"
#include "host/stats/metric_value.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

// Packets. See docs/accounting.md for the identities.
struct PacketTotals {
	uint64_t seen = 0;
	uint64_t permitted = 0;
	uint64_t denied = 0;
	uint64_t dropped = 0;    // part of denied
	uint64_t blocked = 0;    // part of dropped: by the block list
	uint64_t would_drop = 0; // part of denied: in a dry run
	uint64_t passed_unfiltered = 0;

	void add(const tmon_counters& counters);
};

struct InterfaceTotals {
	std::string name;
	tmon_counters counters{};
};

// Events, of one plugin instance.
struct PluginTotals {
	std::string name;
	uint64_t offered = 0; // reported since its start cursors
	uint64_t delivered = 0;
	uint64_t lagged = 0;
	uint64_t failed = 0;
	uint64_t pending = 0;
	uint64_t restarts = 0; // after crashes
	// Alerts handed to it, where it takes them: accepted = delivered + failed + pending.
	uint64_t alerts_accepted = 0;
	uint64_t alerts_delivered = 0;
	uint64_t alerts_failed = 0;
	uint64_t alerts_pending = 0;
	std::vector<MetricValue> metrics; // of its own

	void add(const PluginTotals& more); // of another time
};

struct AlertTotals {
	uint64_t emitted = 0;
	uint64_t accepted = 0;
	uint64_t refused = 0;
};

struct Totals {
	PacketTotals packets;
	uint64_t reported = 0; // events, over all rings
	std::vector<InterfaceTotals> interfaces;
	std::vector<PluginTotals> plugins;
	AlertTotals alerts;
};

// The identities that do not hold, in words; empty when the accounts balance. Exact only when no packet
// is under way; `while_packets_flow` leaves out what is not exact then.
std::vector<std::string> imbalances(const Totals& totals, bool while_packets_flow = false);

// One line each, for people.
std::vector<std::string> describe(const Totals& totals);

// The content of --stats-file.
std::string to_json(const Totals& totals);

// Whether write_atomically can do its work, without touching what is at `path`. Throws std::system_error.
void check_replaceable(const std::string& path);

// Replaces `path` as a whole, or leaves it as it was and throws std::system_error naming it.
void write_atomically(const std::string& path, const std::string& content);

} // namespace tmon
