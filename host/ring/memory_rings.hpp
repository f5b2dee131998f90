// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Event rings in memory of our own, for sources in user space. The layout and the protocol are in bpf/ring_layout.h.
#pragma once

#include "host/ring/event_rings.hpp"
#include "host/system/fd.hpp"
#include "traffic_monitor/event.h"

#include <span>

namespace tmon {

// A memfd that only this object can write: sealed, so that whoever has its descriptor can map it read-only and no
// more. One thread writes. Nothing here waits: who must not lose events writes only what the readers have room for.
class MemoryRings {
public:
	// Throws std::system_error.
	explicit MemoryRings(const tmon_rings& layout);
	~MemoryRings();
	MemoryRings(const MemoryRings&) = delete;
	MemoryRings& operator=(const MemoryRings&) = delete;

	int descriptor() const noexcept { return file_.get(); }

	// The number of the first event of a ring, instead of 0. Before anything is written to it and before it is read.
	void begin_at(uint32_t ring, uint64_t sequence);

	uint64_t head(uint32_t ring) const;
	void write(uint32_t ring, std::span<const tmon_event> events);

private:
	uint64_t* head_of(uint32_t ring) const;

	const tmon_rings layout_;
	Fd file_;
	unsigned char* base_ = nullptr;
};

} // namespace tmon
