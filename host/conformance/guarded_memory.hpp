// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace tmon {

// A read-only copy of some bytes that ends where a page ends that nobody may touch: whoever reads behind it, or
// writes into it, dies of it.
class GuardedMemory {
public:
	// The copy is aligned to 8 where its size is a multiple of 8. Throws std::bad_alloc.
	explicit GuardedMemory(std::span<const unsigned char> bytes);
	~GuardedMemory();
	GuardedMemory(const GuardedMemory&) = delete;
	GuardedMemory& operator=(const GuardedMemory&) = delete;

	const void* data() const noexcept { return data_; }

private:
	void* base_ = nullptr;
	std::size_t size_ = 0;
	const void* data_ = nullptr;
};

} // namespace tmon
