// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/ring/event_rings.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

namespace tmon {

namespace {

constexpr uint64_t kMaxRegion = 1ull << 32;

uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

bool is_sound(const tmon_rings& layout) {
	if (layout.magic != TMON_RINGS_MAGIC || layout.layout != TMON_RINGS_LAYOUT)
		return false;
	if (layout.rings == 0 || layout.rings > kMaxRegion / TMON_RINGS_PAGE)
		return false;
	if (!std::has_single_bit(layout.slots) || layout.slots < TMON_RING_SLOTS_MIN || layout.slots > kMaxRegion)
		return false;
	const uint64_t heads_end = uint64_t{TMON_RING_HEAD_INDEX(layout.rings)} * TMON_RING_UNIT;
	// Bounded first: the sum below must not wrap around.
	if (layout.slots_offset % TMON_RINGS_PAGE != 0 || layout.slots_offset < heads_end ||
	    layout.slots_offset > kMaxRegion)
		return false;
	return layout.size == layout.slots_offset + layout.rings * layout.slots * TMON_RING_UNIT &&
	       layout.size <= kMaxRegion;
}

} // namespace

tmon_rings lay_out_rings(uint32_t rings, uint64_t bytes_per_ring, uint64_t bytes_total) {
	if (rings == 0)
		throw RingError("no rings asked for");
	const uint64_t bytes = std::min(bytes_per_ring, bytes_total / rings);
	tmon_rings layout{};
	layout.magic = TMON_RINGS_MAGIC;
	layout.layout = TMON_RINGS_LAYOUT;
	layout.rings = rings;
	layout.slots = std::bit_floor(bytes / TMON_RING_UNIT);
	if (layout.slots < TMON_RING_SLOTS_MIN)
		throw RingError("a ring of " + std::to_string(bytes) + " bytes is too small: each of the " +
		                std::to_string(rings) + " CPUs needs at least " +
		                std::to_string(TMON_RING_SLOTS_MIN * TMON_RING_UNIT));
	layout.slots_offset = round_up(uint64_t{TMON_RING_HEAD_INDEX(rings)} * TMON_RING_UNIT, TMON_RINGS_PAGE);
	layout.size = layout.slots_offset + rings * layout.slots * TMON_RING_UNIT;
	return layout;
}

EventRings::EventRings(int descriptor) {
	void* page = mmap(nullptr, TMON_RINGS_PAGE, PROT_READ, MAP_SHARED, descriptor, 0);
	if (page == MAP_FAILED)
		throw RingError(std::string("cannot map the event rings: ") + std::strerror(errno));
	std::memcpy(&layout_, page, sizeof layout_);
	munmap(page, TMON_RINGS_PAGE);
	if (!is_sound(layout_))
		throw RingError("the event rings have an unknown or damaged layout");
	void* base = mmap(nullptr, layout_.size, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0);
	if (base == MAP_FAILED)
		throw RingError("cannot map " + std::to_string(layout_.size) +
		                " bytes of event rings: " + std::strerror(errno));
	base_ = static_cast<const unsigned char*>(base);
}

EventRings::~EventRings() { munmap(const_cast<unsigned char*>(base_), layout_.size); }

RingRead EventRings::read(uint32_t ring, uint64_t& cursor, EventBuffer& buffer) const noexcept {
	const uint64_t slots = layout_.slots;
	const uint64_t seen = head(ring);
	RingRead result;
	if (seen == cursor)
		return result;
	if (seen - cursor >= slots) {
		const uint64_t oldest = seen - slots + 1;
		result.lost = oldest - cursor;
		cursor = oldest;
	}
	const auto count = static_cast<uint32_t>(std::min<uint64_t>(seen - cursor, buffer.slots()));
	const unsigned char* first_slot =
	    base_ + layout_.slots_offset + uint64_t{ring} * slots * TMON_RING_UNIT;
	for (uint32_t i = 0; i < count; ++i) {
		const auto* from =
		    reinterpret_cast<const uint64_t*>(first_slot + ((cursor + i) & (slots - 1)) * TMON_RING_UNIT);
		uint64_t* to = buffer.slot(i);
		// The writer may be storing into this very slot: atomic words, and the check below.
		for (std::size_t word = 0; word < EventBuffer::kWords; ++word)
			to[word] = __atomic_load_n(from + word, __ATOMIC_RELAXED);
	}
	std::atomic_thread_fence(std::memory_order_acquire);
	const uint64_t now =
	    __atomic_load_n(reinterpret_cast<const uint64_t*>(base_ + head_offset(ring)), __ATOMIC_RELAXED);
	uint32_t torn = 0;
	if (now >= slots && now - slots >= cursor)
		torn = static_cast<uint32_t>(std::min<uint64_t>(now - slots + 1 - cursor, count));
	result.lost += torn;
	result.first = torn;
	result.count = count - torn;
	result.first_seq = cursor + torn;
	cursor += count;
	return result;
}

} // namespace tmon
