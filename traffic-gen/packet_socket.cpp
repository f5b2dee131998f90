// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/packet_socket.hpp"

#include "traffic-gen/interface.hpp"
#include "traffic-gen/output_error.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tmon {

namespace {

std::string reason(int error) { return std::strerror(error); }

OutputError open_error(const std::string& interface, int error) {
	if (error == EPERM || error == EACCES)
		return OutputError("sending on " + interface + " needs the capability CAP_NET_RAW: run as root");
	return OutputError("opening a packet socket on " + interface + ": " + reason(error));
}

OutputError send_error(const std::string& interface, int error, std::size_t size) {
	switch (error) {
	case ENETDOWN:
		return OutputError(interface + " is down: ip link set " + interface + " up");
	case EMSGSIZE:
		return OutputError(interface + " does not take a frame of " + std::to_string(size) +
				   " bytes: give its MTU with --mtu");
	case ENXIO:
	case ENODEV:
		return OutputError(interface + " has gone");
	default:
		return OutputError("sending on " + interface + ": " + reason(error));
	}
}

} // namespace

PacketSocket::PacketSocket(const std::string& interface, bool bypass_qdisc) : interface_(interface) {
	const Interface found = find_interface(interface);
	// Protocol 0: it receives nothing.
	fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd_ < 0)
		throw open_error(interface, errno);
	const auto fail = [&](const OutputError& error) {
		close(fd_);
		throw error;
	};
	sockaddr_ll address{};
	address.sll_family = AF_PACKET;
	address.sll_ifindex = static_cast<int>(found.index);
	const int on = 1;
	const timeval wait{.tv_sec = 0, .tv_usec = 100'000}; // full buffers must not keep a stop from being noticed
	if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
	    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
	    (bypass_qdisc && setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0))
		fail(open_error(interface, errno));
}

PacketSocket::~PacketSocket() { close(fd_); }

std::size_t PacketSocket::send(std::span<const iovec> frames) {
	std::array<mmsghdr, 64> messages{};
	const std::size_t count = std::min(frames.size(), messages.size());
	for (std::size_t i = 0; i < count; ++i) {
		messages[i].msg_hdr.msg_iov = const_cast<iovec*>(&frames[i]); // only read
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	const int taken = sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), 0);
	if (taken >= 0)
		return static_cast<std::size_t>(taken);
	if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR)
		return 0;
	throw send_error(interface_, errno, frames.front().iov_len);
}

} // namespace tmon
