// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/transmit.hpp"

#include <cstdint>
#include <string>

namespace tmon {

// Sends frames on an Ethernet interface through AF_PACKET.
class PacketSocket : public FrameSink {
public:
	// With `bypass_qdisc` frames go straight to the driver: faster, and a frame for which there is no room
	// is refused here instead of being lost in a queue. Throws OutputError.
	PacketSocket(const std::string& interface, bool bypass_qdisc);
	~PacketSocket() override;
	PacketSocket(const PacketSocket&) = delete;
	PacketSocket& operator=(const PacketSocket&) = delete;

	// Throws OutputError where trying again is of no use.
	std::size_t send(std::span<const iovec> frames) override;

private:
	std::string interface_;
	int fd_ = -1;
};

} // namespace tmon
