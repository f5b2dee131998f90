// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Datagrams with descriptors over a SOCK_SEQPACKET pair.
#pragma once

#include "host/system/fd.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tmon {

constexpr std::size_t kMaxPacket = 64 * 1024; // bytes
constexpr std::size_t kMaxPacketDescriptors = 8;

struct Packet {
	std::string bytes;
	std::vector<Fd> descriptors; // close-on-exec
};

// Both ends of a new pair, close-on-exec. Throws std::system_error.
std::pair<Fd, Fd> make_packet_sockets();

// Sends `head` and `tail` as one packet; the descriptors stay the caller's. Returns 0, or the errno: EAGAIN when the
// queue is full and `flags` has MSG_DONTWAIT, EMSGSIZE when it is too much. Never raises SIGPIPE. [any-thread]
int send_packet(int socket, std::string_view head, std::string_view tail, std::span<const int> descriptors, int flags);

// Receives one packet; nullopt with errno set when there is none (EAGAIN), the peer is gone or has sent nothing as a packet
// (ENOTCONN), has gone without reading everything (ECONNRESET, once: what it said before can still be read), or it was longer
// than a packet may be or carried more descriptors (EBADMSG).
std::optional<Packet> receive_packet(int socket, int flags);

} // namespace tmon
