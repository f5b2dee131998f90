// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/doorbell.hpp"

#include "host/filter/xdp_filter.hpp"

#include <bpf/libbpf.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tmon {

void Doorbell::FreeRing::operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }

Doorbell::Doorbell(const XdpFilter& filter) : descriptor_(filter.doorbell_descriptor()) {
	const auto ignore = [](void*, void*, std::size_t) { return 0; };
	ring_.reset(ring_buffer__new(descriptor_, ignore, nullptr, nullptr));
	if (!ring_)
		throw FilterError(std::string("cannot map the doorbell: ") + std::strerror(errno));
	armed_ = filter.doorbell_armed();
}

Doorbell::~Doorbell() = default;

void Doorbell::arm() noexcept {
	std::atomic_ref(*armed_).store(1, std::memory_order_seq_cst);
	std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::answer() noexcept { ring_buffer__consume(ring_.get()); }

} // namespace tmon
