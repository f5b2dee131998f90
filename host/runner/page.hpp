// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The memory that a runner shares with the host: its cursors and counters, and the flags by which they
// wake each other. A memfd, sealed against shrinking, mapped by both.
//
// The plugin shares the runner's address space and may write anything here: the host checks cursors
// against the heads, and uses what it finds for this plugin's account only.
#pragma once

#include "host/system/fd.hpp"

#include <atomic>
#include <cstdint>

namespace tmon {

constexpr uint32_t kMaxRings = 4096;

struct RunnerPage {
	// Written by the host.
	alignas(64) std::atomic<uint32_t> mail; // grows with every message sent; saves the runner a system call
	std::atomic<uint32_t> stop_requested;

	// Written by the runner. `asleep` is cleared by whichever side wakes it.
	alignas(64) std::atomic<uint32_t> asleep;

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

	// Per ring, the sequence number of the next event to read. The host sets them before the start.
	alignas(64) std::atomic<uint64_t> cursor[kMaxRings];
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

} // namespace tmon
