// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/packet_socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

constexpr std::size_t kControlSize = CMSG_SPACE(kMaxPacketDescriptors * sizeof(int));

} // namespace

std::pair<Fd, Fd> make_packet_sockets() {
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot make a pair of sockets");
	return {Fd(ends[0]), Fd(ends[1])};
}

int send_packet(int socket, std::string_view head, std::string_view tail, std::span<const int> descriptors, int flags) {
	if (head.size() + tail.size() > kMaxPacket || descriptors.size() > kMaxPacketDescriptors)
		return EMSGSIZE;
	iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(tail.data()), tail.size()}};
	msghdr message{};
	message.msg_iov = parts;
	message.msg_iovlen = 2;
	alignas(cmsghdr) char control[kControlSize] = {};
	if (!descriptors.empty()) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
		cmsghdr* rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
		std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
	}
	while (sendmsg(socket, &message, flags | MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

std::optional<Packet> receive_packet(int socket, int flags) {
	thread_local std::vector<char> buffer(kMaxPacket);
	iovec part{buffer.data(), buffer.size()};
	alignas(cmsghdr) char control[kControlSize];
	msghdr raw{};
	raw.msg_iov = &part;
	raw.msg_iovlen = 1;
	raw.msg_control = control;
	raw.msg_controllen = sizeof control;
	ssize_t size;
	do
		size = recvmsg(socket, &raw, flags | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return std::nullopt;
	Packet packet;
	for (cmsghdr* header = CMSG_FIRSTHDR(&raw); header; header = CMSG_NXTHDR(&raw, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (std::size_t i = 0; i < count; ++i) {
			int fd;
			std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
			packet.descriptors.emplace_back(fd);
		}
	}
	if (size == 0) {
		errno = ENOTCONN;
		return std::nullopt;
	}
	if (raw.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		errno = EBADMSG;
		return std::nullopt;
	}
	packet.bytes.assign(buffer.data(), static_cast<std::size_t>(size));
	return packet;
}

} // namespace tmon
