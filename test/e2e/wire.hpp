// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/network_namespace.hpp"
#include "traffic-gen/packet.hpp"
#include "traffic-gen/packet_socket.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tmon::test {

// What traffic-gen says it has sent.
struct Sent {
	uint64_t packets = 0, permitted = 0, denied = 0, ipv4 = 0, ipv6 = 0;
};

// Two namespaces and a cable between them. The sender says nothing of its own accord, so what is watched
// sees exactly what a test sends.
struct Wire {
	NetworkNamespace sender, watched;
	VethPair cable;

	explicit Wire(VethOptions options = {.silent_left = true}) : cable(sender, watched, options) {}

	const std::string& interface() const { return cable.right().interface; }

	// Runs traffic-gen on the sender's side; the scenario and its options are `words`. Throws when it fails or
	// the interface lost any, for then nobody knows what arrived.
	Sent send(const std::vector<std::string>& words) const;
	// Sends these frames.
	void send(std::span<const packet::Bytes> frames) const;
};

// TCP segments from this source, of either family, that the stack of the watched side takes no interest in.
std::vector<packet::Bytes> frames_from(const std::string& source, std::size_t count = 1);

// Sends frames at once: closing a packet socket takes milliseconds, so this one stays open.
class FrameSender {
public:
	explicit FrameSender(const Wire& wire);
	void send(std::span<const packet::Bytes> frames);

private:
	std::optional<PacketSocket> socket_;
};

} // namespace tmon::test
