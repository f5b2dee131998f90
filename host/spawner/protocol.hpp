// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What host and spawner say to each other over their SOCK_SEQPACKET pair. The spawner listens to nobody else.
#pragma once

#include "host/system/fd.hpp"
#include "host/system/packet_socket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

enum class SpawnerWord : uint32_t {
	// host to spawner; the host chooses ids, and uses none twice
	spawn = 1, // descriptors: the runner's socket, its output
	kill,      // id of spawn; nothing when it has ended
	open,      // value = TMON_OPEN_, text = path
	// spawner to host
	ready = 64, // once, when it is what it is meant to be
	unfit,      // instead of ready; text = why; the spawner exits
	started,    // answer to spawn: value = pid
	failed,     // answer to spawn: text = why
	ended,  // value = status as of waitpid; no process of the runner's user is left but those that are being killed
	opened, // answer to open: value = TMON_ status; the descriptor, or the reason as text
};

struct SpawnerMessage {
	SpawnerWord word{};
	int32_t value = 0;
	uint64_t id = 0;
	uint32_t uid = 0; // with started: the user the runner is, 0 when it is the host's
	std::string text;
	std::vector<Fd> descriptors;
};

// Sends it; the descriptors sent are `descriptors`, not those of the message. Returns as send_packet.
int send(int socket, const SpawnerMessage& message, std::span<const int> descriptors, int flags);

// nullopt when the packet is no message from the host (to the spawner, from the spawner) that one could act upon.
std::optional<SpawnerMessage> decode_request(Packet packet);
std::optional<SpawnerMessage> decode_answer(Packet packet);

} // namespace tmon
