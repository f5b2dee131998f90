// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Reading the event rings. The layout and the protocol are in bpf/ring_layout.h.
#pragma once

#include "bpf/ring_layout.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace tmon {

// A region that is not what bpf/ring_layout.h describes, or cannot be mapped.
struct RingError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// How the rings are laid out for `rings` writers within the limits: a power of two of slots in each,
// at most `bytes_per_ring`, and all together at most `bytes_total`, which wins.
// Throws RingError when that leaves less than TMON_RING_SLOTS_MIN slots.
tmon_rings lay_out_rings(uint32_t rings, uint64_t bytes_per_ring, uint64_t bytes_total = 64u << 20);

// Events copied out of one ring. `first` indexes the buffer that was read into.
struct RingRead {
	uint64_t first_seq = 0;
	uint32_t first = 0;
	uint32_t count = 0;
	uint64_t lost = 0; // events that were overwritten before they could be copied, just before first_seq
};

// A buffer to read into: 64-byte slots, as words, for they are copied word by word.
class EventBuffer {
public:
	explicit EventBuffer(uint32_t slots) : own_(slots * kWords), words_(own_) {}
	// In memory of somebody else, which outlives it.
	explicit EventBuffer(std::span<uint64_t> words) : words_(words) {}
	EventBuffer(const EventBuffer&) = delete;
	EventBuffer& operator=(const EventBuffer&) = delete;
	uint32_t slots() const noexcept { return static_cast<uint32_t>(words_.size() / kWords); }
	uint64_t* slot(uint32_t index) noexcept { return words_.data() + index * kWords; }
	const void* event(uint32_t index) const noexcept { return words_.data() + index * kWords; }

	static constexpr std::size_t kWords = TMON_RING_UNIT / sizeof(uint64_t);

private:
	std::vector<uint64_t> own_;
	std::span<uint64_t> words_;
};

// The region, mapped read-only. Any number of readers, in any process, each with cursors of its own.
class EventRings {
public:
	// Maps what `descriptor` refers to and checks its header. The descriptor may be closed afterwards.
	// Throws RingError.
	explicit EventRings(int descriptor);
	~EventRings();
	EventRings(const EventRings&) = delete;
	EventRings& operator=(const EventRings&) = delete;

	uint32_t rings() const noexcept { return layout_.rings; }
	uint64_t slots() const noexcept { return layout_.slots; }

	// Events ever written to a ring. [any-thread]
	uint64_t head(uint32_t ring) const noexcept {
		return __atomic_load_n(reinterpret_cast<const uint64_t*>(base_ + head_offset(ring)), __ATOMIC_ACQUIRE);
	}

	// Copies what waits behind `cursor`, at most buffer.slots() events, and moves the cursor behind it:
	// by count + lost. [any-thread, one per cursor and buffer]
	RingRead read(uint32_t ring, uint64_t& cursor, EventBuffer& buffer) const noexcept;

private:
	static std::size_t head_offset(uint32_t ring) noexcept {
		return std::size_t{TMON_RING_HEAD_INDEX(ring)} * TMON_RING_UNIT;
	}

	const unsigned char* base_ = nullptr;
	tmon_rings layout_{};
};

} // namespace tmon
