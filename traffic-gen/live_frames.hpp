// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/output_error.hpp"
#include "traffic-gen/transmit.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tmon {

// Live frames cannot be sent here, with the reason and what to do; a packet socket may do.
struct LiveFramesUnavailable : OutputError {
	using OutputError::OutputError;
};

// Sends frames on an Ethernet interface as XDP live frames: a BPF program that the kernel runs in a loop takes them
// from a ring in shared memory and redirects them to the driver. Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.
//
// Frames are taken into the ring, and leave in order, on a thread of its own. That thread is busy for as long as frames
// come faster than one by one.
class LiveFrames : public FrameSink {
public:
	static constexpr uint32_t largest_frame = 3392; // bytes; a frame lies in one page
	static constexpr uint32_t smallest_frame = 14;

	// `frame_size` is the largest that will be sent. Throws LiveFramesUnavailable, or OutputError when the interface
	// is none or is down.
	LiveFrames(const std::string& interface, uint32_t frame_size);
	~LiveFrames() override;
	LiveFrames(const LiveFrames&) = delete;
	LiveFrames& operator=(const LiveFrames&) = delete;

	// Waits a little where there is no room. Throws OutputError when the kernel no longer sends.
	std::size_t send(std::span<const iovec> frames) override;

	// Waits until the driver has been offered all that was taken. Throws OutputError, as send().
	void finish() override;

	uint64_t frames_ahead() const override { return 4096; }

	// Frames that were taken and that the driver refused, after finish() all of them.
	uint64_t refused() const;
	// Why, of the last one, for people.
	std::string refusal() const;

private:
	struct Kernel;
	std::unique_ptr<Kernel> kernel_;
};

} // namespace tmon
