// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What can be asked of a run over its control socket, and what it answers: the interface between the socket
// (control_server.hpp) and whoever runs the filter. Everything is called on the thread of the loop and returns at once.
#pragma once

#include "host/policy/block_request.hpp"
#include "host/policy/policy.hpp"
#include "host/stats/totals.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// Who asks, as the kernel says.
struct Asker {
	uid_t uid = 0;
	pid_t pid = 0; // when it connected
};

// What became of a change.
struct Outcome {
	std::string refusal; // why nothing has changed; empty: it is done
	std::string text;    // what has happened, for people: "blocked for 10m (203.0.113.0/24 is permitted)"

	bool done() const noexcept { return refusal.empty(); }
	static Outcome refused(std::string why) { return {std::move(why), {}}; }
	static Outcome made(std::string what = {}) { return {{}, std::move(what)}; }
};

// --- status ---

struct InterfaceStatus {
	std::string name;
	uint32_t ifindex = 0;
	std::string mode;     // "native" or "generic"
	int64_t since_ns = 0; // UTC nanoseconds: attached since, or gone since
	bool gone = false;    // its packets are neither seen nor dropped
};

enum class DropState {
	log_only,
	dropping,
	until_confirmed, // dropping, until `seconds_left` have passed without a confirmation
	reverted,        // log-only again, because nobody confirmed
};

struct DropStatus {
	DropState state = DropState::log_only;
	uint64_t seconds_left = 0; // of until_confirmed
	bool dry_run = false;      // what would be dropped is reported as that, and passed
};

struct EntryCounts {
	uint64_t ipv4 = 0, ipv6 = 0;
};

struct PolicyStatus {
	uint64_t generation = 1; // grows by one with each policy that takes effect
	int64_t since_ns = 0;    // UTC nanoseconds
	EntryCounts permitted, denied, never_drop;
};

struct BlockStatus {
	uint64_t entries = 0, capacity = 0;
	uint64_t packets = 0; // dropped because of them
};

struct PluginStatus {
	std::string name; // as in Totals
	std::string id, version;
	std::string state; // "running", "down", ..., for people and programs
};

struct Status {
	std::chrono::seconds uptime{};
	bool pinned = false; // the program stays attached when the run ends
	std::vector<InterfaceStatus> interfaces;
	PolicyStatus policy;
	DropStatus drop;
	BlockStatus blocks;
	std::vector<PluginStatus> plugins;
	Totals totals;
};

// --- addresses ---

struct BlockEntry {
	Prefix prefix;
	uint64_t seconds_left = 0; // rounded up
	std::string by;            // "ctl", or "plugin NAME"
	std::string reason;
};

// A part of the block list.
struct BlockPage {
	std::vector<BlockEntry> entries; // in the order of their prefixes
	uint64_t total = 0;              // in the whole list
	bool more = false;               // behind the last of `entries`
};

// What happens to packets from an address.
struct CheckedAddress {
	struct Deciding {
		Prefix prefix;
		EntryClass kind = EntryClass::permitted;
		std::string name;  // empty: it has none
		std::string place; // "cfg.json:4:7"; empty: unknown
	};
	std::optional<Deciding> entry;   // nullopt: none covers it
	std::optional<BlockEntry> block; // that covers it
	bool reported = false;
	bool dropped = false;
};

// What a run can be asked.
struct ControlTarget {
	virtual Status status() const = 0;
	// `address` has the length 32 or 128.
	virtual CheckedAddress check(const Prefix& address) const = 0;
	// At most `limit` entries behind `after`, or from the first on.
	virtual BlockPage blocked(const std::optional<Prefix>& after, std::size_t limit) const = 0;

	// Changes. The server logs each, with who asked for it.
	virtual Outcome block(const BlockRequest& request, const Asker& asker) = 0;
	virtual Outcome unblock(const Prefix& prefix, const Asker& asker) = 0;
	// Dropping goes on for good.
	virtual Outcome confirm(const Asker& asker) = 0;

protected:
	~ControlTarget() = default;
};

} // namespace tmon
