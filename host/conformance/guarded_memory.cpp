// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/guarded_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace tmon {

GuardedMemory::GuardedMemory(std::span<const unsigned char> bytes) {
	const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
	const std::size_t usable = (bytes.size() + page - 1) / page * page;
	size_ = usable + page;
	base_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base_ == MAP_FAILED)
		throw std::bad_alloc();
	unsigned char* const data = static_cast<unsigned char*>(base_) + usable - bytes.size();
	if (!bytes.empty())
		std::memcpy(data, bytes.data(), bytes.size());
	mprotect(base_, usable, PROT_READ);
	mprotect(static_cast<unsigned char*>(base_) + usable, page, PROT_NONE);
	data_ = data;
}

GuardedMemory::~GuardedMemory() { munmap(base_, size_); }

} // namespace tmon
