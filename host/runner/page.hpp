// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The memory that a runner shares with the host: its cursors and counters, the batch it has in hand, its
// metrics, and the flags by which they wake each other. A memfd, sealed against shrinking, mapped by both.
//
// The plugin shares the runner's address space and may write anything here: the host checks cursors
// against the heads, and uses what it finds for this plugin's account only.
#pragma once

#include "host/runner/metrics_page.hpp"
#include "host/system/fd.hpp"

#include <atomic>
#include <cstdint>

namespace tmon {

constexpr uint32_t kMaxRings = 4096;
constexpr uint32_t kBatchSlots = 1024; // events that a runner reads at once

// What the plugin is busy with.
enum class Call : uint32_t {
	none,
	load,
	create,
	restore,
	on_batch,
	flush,
	on_tick,
	on_alert,
	on_end,
	save,
	reconfigure,
	destroy,
};

// What was read last, as tmon_batch has it; the events are in RunnerPage.events from `first` on.
struct BatchInHand {
	std::atomic<uint32_t> ring;
	std::atomic<uint32_t> first;
	std::atomic<uint32_t> count; // 0: none
	uint32_t reserved;
	std::atomic<uint64_t> first_seq;
	std::atomic<uint64_t> lost_before;
	std::atomic<int64_t> clock_offset_ns;
};

struct RunnerPage {
	// Written by the host.
	alignas(64) std::atomic<uint32_t> mail; // grows with every message sent; saves the runner a system call
	std::atomic<uint32_t> stop_requested;
	std::atomic<uint32_t> names; // grows with every entry_names and interface_added, before it is sent

	// Written by the runner. `asleep` is cleared by whichever side wakes it.
	alignas(64) std::atomic<uint32_t> asleep;
	std::atomic<uint32_t> handled; // messages that it has received and dealt with, but for the first, the setup
	std::atomic<uint32_t> call;    // Call
	std::atomic<uint64_t> beats;   // grows whenever it gets on: with each turn of the loop, around each call

	// Events. in_hand: handed to the plugin and not yet flushed.
	alignas(64) std::atomic<uint64_t> delivered;
	std::atomic<uint64_t> lagged;
	std::atomic<uint64_t> failed;
	std::atomic<uint64_t> in_hand;

	// Alerts that the plugin emitted, and those handed to it.
	alignas(64) std::atomic<uint64_t> alerts_emitted;
	std::atomic<uint64_t> alerts_refused;
	std::atomic<uint64_t> alerts_delivered;
	std::atomic<uint64_t> alerts_failed;
	std::atomic<uint64_t> log_lines_lost;

	alignas(64) BatchInHand batch;

	// Per ring, the sequence number of the next event to read, and how many were lost before it that the plugin
	// has not been told of. The host sets both before the runner begins; `untold` is written again only when the
	// runner hands over.
	alignas(64) std::atomic<uint64_t> cursor[kMaxRings];
	alignas(64) std::atomic<uint64_t> untold[kMaxRings];

	alignas(64) MetricsPage metrics;

	alignas(64) uint64_t events[kBatchSlots * 8];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

// A mapping of a page. [any-thread]
class RunnerPageMapping {
public:
	// Makes a new page; its descriptor can be passed on. Throws std::system_error.
	static RunnerPageMapping create(Fd& descriptor);
	// Maps the page behind `descriptor`. Throws std::system_error.
	explicit RunnerPageMapping(int descriptor);
	~RunnerPageMapping();
	RunnerPageMapping(RunnerPageMapping&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}
	RunnerPageMapping& operator=(RunnerPageMapping&&) = delete;

	RunnerPage* operator->() const noexcept { return page_; }
	RunnerPage& operator*() const noexcept { return *page_; }

private:
	RunnerPage* page_ = nullptr;
};

// "on_batch", "create", ...; "its own code" for none or what no runner would write.
const char* call_name(uint32_t call);

} // namespace tmon
