// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/ring/memory_rings.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

} // namespace

MemoryRings::MemoryRings(const tmon_rings& layout)
    : layout_(layout), file_(memfd_create("event-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
	if (!file_ || ftruncate(file_.get(), static_cast<off_t>(layout_.size)) != 0)
		fail("cannot make event rings");
	void* memory = mmap(nullptr, layout_.size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
	if (memory == MAP_FAILED)
		fail("cannot map event rings");
	base_ = static_cast<unsigned char*>(memory);
	std::memcpy(base_, &layout_, sizeof layout_);
	// This mapping stays writable; there will be no other.
	if (fcntl(file_.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		munmap(base_, layout_.size);
		fail("cannot seal event rings");
	}
}

MemoryRings::~MemoryRings() { munmap(base_, layout_.size); }

uint64_t* MemoryRings::head_of(uint32_t ring) const {
	return reinterpret_cast<uint64_t*>(base_ + std::size_t{TMON_RING_HEAD_INDEX(ring)} * TMON_RING_UNIT);
}

void MemoryRings::begin_at(uint32_t ring, uint64_t sequence) {
	__atomic_store_n(head_of(ring), sequence, __ATOMIC_RELEASE);
}

uint64_t MemoryRings::head(uint32_t ring) const { return __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE); }

void MemoryRings::write(uint32_t ring, std::span<const tmon_event> events) {
	uint64_t* const head = head_of(ring);
	uint64_t sequence = __atomic_load_n(head, __ATOMIC_RELAXED);
	for (const tmon_event& event : events) {
		std::array<uint64_t, EventBuffer::kWords> words;
		std::memcpy(words.data(), &event, sizeof event);
		auto* const slot = reinterpret_cast<uint64_t*>(
		    base_ + layout_.slots_offset + (ring * layout_.slots + (sequence & (layout_.slots - 1))) * TMON_RING_UNIT);
		// The number that was published last comes before any word of the next event.
		std::atomic_thread_fence(std::memory_order_release);
		for (std::size_t word = 0; word < words.size(); ++word)
			__atomic_store_n(slot + word, words[word], __ATOMIC_RELAXED);
		__atomic_store_n(head, ++sequence, __ATOMIC_RELEASE);
	}
}

} // namespace tmon
