// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/packet_socket.hpp"

#include "traffic-gen/output_error.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace tmon {

namespace {

uint32_t transmit_drops(const std::string& interface) {
	ifaddrs* raw = nullptr;
	if (getifaddrs(&raw) != 0)
		return 0;
	const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, freeifaddrs);
	for (const ifaddrs* entry = raw; entry != nullptr; entry = entry->ifa_next) {
		const bool link = entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_PACKET;
		if (link && entry->ifa_data != nullptr && interface == entry->ifa_name)
			return static_cast<const rtnl_link_stats*>(entry->ifa_data)->tx_dropped;
	}
	return 0;
}

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

std::vector<std::string> interface_names() {
	std::vector<std::string> names;
	const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(if_nameindex(), if_freenameindex);
	if (list)
		for (const struct if_nameindex* entry = list.get(); entry->if_index != 0; ++entry)
			names.emplace_back(entry->if_name);
	return names;
}

PacketSocket::PacketSocket(const std::string& interface, bool bypass_qdisc) : interface_(interface) {
	const unsigned index = if_nametoindex(interface.c_str());
	if (index == 0) {
		std::string text = "no interface \"" + interface + "\"; there are:";
		for (const std::string& name : interface_names())
			text += ' ' + name;
		throw OutputError(text);
	}
	// Protocol 0: it receives nothing.
	fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd_ < 0)
		throw open_error(interface, errno);
	const auto fail = [&](const OutputError& error) {
		close(fd_);
		throw error;
	};
	ifreq request{};
	interface.copy(request.ifr_name, IFNAMSIZ - 1);
	if (ioctl(fd_, SIOCGIFHWADDR, &request) != 0)
		fail(open_error(interface, errno));
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		fail(OutputError(interface + " is not an Ethernet interface"));
	sockaddr_ll address{};
	address.sll_family = AF_PACKET;
	address.sll_ifindex = static_cast<int>(index);
	const int on = 1;
	const timeval wait{.tv_sec = 0, .tv_usec = 100'000}; // full buffers must not keep a stop from being noticed
	if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
	    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
	    (bypass_qdisc && setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0))
		fail(open_error(interface, errno));
	drops_before_ = transmit_drops(interface);
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

uint32_t PacketSocket::interface_drops() const { return transmit_drops(interface_) - drops_before_; }

} // namespace tmon
