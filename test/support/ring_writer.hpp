// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Event rings in a memfd, written as a source in user space would write them. The layout and the protocol
// are in bpf/ring_layout.h.
#pragma once

#include "bpf/ring_layout.h"
#include "host/ring/event_rings.hpp"
#include "host/system/fd.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace tmon::test {

using EventWords = std::array<uint64_t, EventBuffer::kWords>;

// Words of an event that tell its ring and number, each of them differently: a mixture of two events
// cannot pass for one.
inline EventWords event_words(uint32_t ring, uint64_t sequence) {
	EventWords words;
	for (uint64_t word = 0; word < words.size(); ++word)
		words[word] = (sequence * words.size() + word + 1) * 0x9e3779b97f4a7c15ull + ring;
	return words;
}

inline bool is_event(const void* event, uint32_t ring, uint64_t sequence) {
	const EventWords expected = event_words(ring, sequence);
	return std::memcmp(event, expected.data(), sizeof expected) == 0;
}

class RingWriter {
public:
	RingWriter(uint32_t rings, uint64_t slots) : RingWriter(lay_out_rings(rings, slots * TMON_RING_UNIT)) {}
	explicit RingWriter(const tmon_rings& layout) : layout_(layout), file_(memfd_create("event-rings", MFD_CLOEXEC)) {
		if (!file_ || ftruncate(file_.get(), static_cast<off_t>(layout_.size)) != 0)
			throw std::system_error(errno, std::generic_category(), "memfd");
		void* memory = mmap(nullptr, layout_.size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
		if (memory == MAP_FAILED)
			throw std::system_error(errno, std::generic_category(), "mmap");
		base_ = static_cast<unsigned char*>(memory);
		std::memcpy(base_, &layout_, sizeof layout_);
	}
	~RingWriter() { munmap(base_, layout_.size); }
	RingWriter(const RingWriter&) = delete;
	RingWriter& operator=(const RingWriter&) = delete;

	int descriptor() const { return file_.get(); }
	const tmon_rings& layout() const { return layout_; }

	uint64_t head(uint32_t ring) const { return __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE); }

	// One thread per ring.
	void write(uint32_t ring, const EventWords& words) {
		uint64_t* const head = head_of(ring);
		const uint64_t sequence = __atomic_load_n(head, __ATOMIC_RELAXED);
		// The number that was published last before any word of the next event.
		std::atomic_thread_fence(std::memory_order_release);
		uint64_t* const slot = slot_of(ring, sequence);
		for (std::size_t word = 0; word < words.size(); ++word)
			__atomic_store_n(slot + word, words[word], __ATOMIC_RELAXED);
		__atomic_store_n(head, sequence + 1, __ATOMIC_RELEASE);
	}

	// Writes the next `count` events, each with the words of event_words.
	void write_numbered(uint32_t ring, uint64_t count = 1) {
		for (uint64_t i = 0; i < count; ++i)
			write(ring, event_words(ring, head(ring)));
	}

	// Lets a ring begin elsewhere than at 0. Before anything is written to it.
	void start_at(uint32_t ring, uint64_t sequence) { __atomic_store_n(head_of(ring), sequence, __ATOMIC_RELEASE); }

private:
	uint64_t* head_of(uint32_t ring) const {
		return reinterpret_cast<uint64_t*>(base_ + std::size_t{TMON_RING_HEAD_INDEX(ring)} * TMON_RING_UNIT);
	}
	uint64_t* slot_of(uint32_t ring, uint64_t sequence) const {
		return reinterpret_cast<uint64_t*>(base_ + layout_.slots_offset +
		                                   (ring * layout_.slots + (sequence & (layout_.slots - 1))) * TMON_RING_UNIT);
	}

	tmon_rings layout_;
	Fd file_;
	unsigned char* base_ = nullptr;
};

} // namespace tmon::test
