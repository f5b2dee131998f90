// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

struct ring_buffer;

namespace tmon {

class SharedMaps;

// Lets the host sleep until the XDP program reports something. The protocol that loses no wake-up: arm,
// then look at the heads once more, then wait for the descriptor.
class Doorbell {
public:
	// `maps` outlive the doorbell. Throws FilterError.
	explicit Doorbell(const SharedMaps& maps);
	~Doorbell();
	Doorbell(const Doorbell&) = delete;
	Doorbell& operator=(const Doorbell&) = delete;

	// Readable when it has been rung; level-triggered until answered.
	int descriptor() const noexcept { return descriptor_; }

	// Asks for one ring at the next event. A full barrier: heads loaded afterwards are not older.
	void arm() noexcept;

	// Takes the rings off the descriptor.
	void answer() noexcept;

private:
	struct FreeRing {
		void operator()(ring_buffer* ring) const noexcept;
	};
	int descriptor_;
	uint64_t* armed_; // in memory that the program shares
	std::unique_ptr<ring_buffer, FreeRing> ring_;
};

} // namespace tmon
