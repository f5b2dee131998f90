// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/doorbell.hpp"

#include "host/filter/filter_error.hpp"
#include "host/filter/shared_maps.hpp"

#include <bpf/libbpf.h>

#include <atomic>
#include <cerrno>

namespace tmon {

void Doorbell::FreeRing::operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }

Doorbell::Doorbell(const SharedMaps& maps)
    : descriptor_(maps.descriptor(SharedMaps::Map::doorbell)), armed_(&maps.state().doorbell_armed) {
	const auto ignore = [](void*, void*, std::size_t) { return 0; };
	ring_.reset(ring_buffer__new(descriptor_, ignore, nullptr, nullptr));
	if (!ring_)
		throw FilterError("cannot map the doorbell: " + errno_text(errno));
}

Doorbell::~Doorbell() = default;

void Doorbell::arm() noexcept {
	std::atomic_ref(*armed_).store(1, std::memory_order_seq_cst);
	std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::answer() noexcept { ring_buffer__consume(ring_.get()); }

} // namespace tmon
