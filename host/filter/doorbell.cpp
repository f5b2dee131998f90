// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/doorbell.hpp"

#include "host/filter/xdp_filter.hpp"

#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tmon {

void Doorbell::FreeRing::operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }

Doorbell::Doorbell(const XdpFilter& filter) : descriptor_(filter.doorbell_descriptor()) {
	const auto ignore = [](void*, void*, std::size_t) { return 0; };
	ring_.reset(ring_buffer__new(descriptor_, ignore, nullptr, nullptr));
	if (!ring_)
		throw FilterError(std::string("cannot map the doorbell: ") + std::strerror(errno));
	void* memory = mmap(nullptr, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), PROT_READ | PROT_WRITE, MAP_SHARED,
	                    filter.doorbell_armed_descriptor(), 0);
	if (memory == MAP_FAILED)
		throw FilterError(std::string("cannot map the doorbell's flag: ") + std::strerror(errno));
	armed_ = static_cast<std::atomic<uint64_t>*>(memory);
}

Doorbell::~Doorbell() { munmap(armed_, static_cast<std::size_t>(sysconf(_SC_PAGESIZE))); }

void Doorbell::arm() noexcept {
	armed_->store(1, std::memory_order_seq_cst);
	std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::answer() noexcept { ring_buffer__consume(ring_.get()); }

} // namespace tmon
