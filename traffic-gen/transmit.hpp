// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/scenario.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

struct iovec;

namespace tmon {

// Counts of what has left, relative to the list of configs/default.json. `packets` equals permitted + denied +
// unfiltered, ipv4 + ipv6 + not_ip, and tcp + udp + icmp + other.
struct Tally {
	uint64_t packets = 0;
	uint64_t bytes = 0; // of whole frames
	uint64_t permitted = 0;
	uint64_t denied = 0; // with what is undecidable
	uint64_t undecidable = 0;
	uint64_t unfiltered = 0;
	uint64_t ipv4 = 0;
	uint64_t ipv6 = 0;
	uint64_t not_ip = 0; // or without a sound IP header
	uint64_t tcp = 0;
	uint64_t udp = 0;
	uint64_t icmp = 0; // ICMPv6 too
	uint64_t other = 0;

	void add(const Traits& traits, std::size_t frame_size);
};

// Where frames go.
class FrameSink {
public:
	virtual ~FrameSink() = default;

	// Takes the first n of `frames`, in order, and returns n; 0 when there is no room at present.
	virtual std::size_t send(std::span<const iovec> frames) = 0;

	// Called at the end: returns once all that was taken has left.
	virtual void finish() {}

	// Frames to build before they are sent. Many where building would hold up the sending, few where it goes on
	// meanwhile.
	virtual uint64_t frames_ahead() const { return 131072; } // some 60 MB of mixed traffic
};

struct Bounds {
	uint64_t count = 1000;
	uint64_t rate = 0; // packets a second, 0 = as fast as they go
	std::chrono::nanoseconds timeout = std::chrono::seconds(60);
	const std::atomic<bool>* stop = nullptr; // ends it when set
};

enum class End { complete, stopped, timed_out };

struct Outcome {
	Tally tally;
	uint64_t retries = 0; // frames refused for want of room, each time
	double seconds = 0; // from the first frame's sending on
	End end = End::complete;
};

// Sends `count` packets of `scenario`. A frame that finds no room is offered again until there is.
Outcome transmit(Scenario& scenario, FrameSink& sink, const Bounds& bounds);

} // namespace tmon
