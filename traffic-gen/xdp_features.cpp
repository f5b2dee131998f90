// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/xdp_features.hpp"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

namespace tmon {

namespace {

// Of <linux/netdev.h>, which Debian 12 does not have yet.
constexpr uint8_t netdev_get = 1;          // NETDEV_CMD_DEV_GET
constexpr uint16_t attribute_ifindex = 1;  // NETDEV_A_DEV_IFINDEX
constexpr uint16_t attribute_features = 3; // NETDEV_A_DEV_XDP_FEATURES
constexpr uint64_t feature_transmit = 4;   // NETDEV_XDP_ACT_NDO_XMIT

using Bytes = std::vector<uint8_t>;

class Netlink {
public:
	Netlink() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)) {
		const timeval limit{.tv_sec = 1, .tv_usec = 0};
		setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	}
	~Netlink() { close(fd_); }
	Netlink(const Netlink&) = delete;
	Netlink& operator=(const Netlink&) = delete;

	// The attributes of the answer; empty, with errno set, when there is none.
	Bytes ask(uint16_t family, uint8_t command, uint16_t attribute, std::span<const uint8_t> value) {
		const std::size_t padded = (value.size() + 3) / 4 * 4;
		Bytes message(NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + padded);
		const nlmsghdr header{.nlmsg_len = static_cast<uint32_t>(message.size()),
		                      .nlmsg_type = family,
		                      .nlmsg_flags = NLM_F_REQUEST,
		                      .nlmsg_seq = 1,
		                      .nlmsg_pid = 0};
		const genlmsghdr generic{.cmd = command, .version = 1, .reserved = 0};
		const nlattr field{.nla_len = static_cast<uint16_t>(NLA_HDRLEN + value.size()), .nla_type = attribute};
		std::memcpy(message.data(), &header, sizeof header);
		std::memcpy(message.data() + NLMSG_HDRLEN, &generic, sizeof generic);
		std::memcpy(message.data() + NLMSG_HDRLEN + GENL_HDRLEN, &field, sizeof field);
		std::memcpy(message.data() + NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN, value.data(), value.size());
		if (fd_ < 0 || ::send(fd_, message.data(), message.size(), 0) < 0)
			return {};
		Bytes answer(8192);
		const ssize_t size = recv(fd_, answer.data(), answer.size(), 0);
		if (size < static_cast<ssize_t>(NLMSG_HDRLEN + GENL_HDRLEN))
			return {};
		nlmsghdr got;
		std::memcpy(&got, answer.data(), sizeof got);
		if (got.nlmsg_type == NLMSG_ERROR) {
			nlmsgerr error;
			std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error.error);
			errno = -error.error;
			return {};
		}
		answer.resize(static_cast<std::size_t>(size));
		answer.erase(answer.begin(), answer.begin() + NLMSG_HDRLEN + GENL_HDRLEN);
		return answer;
	}

private:
	int fd_;
};

// The attribute's number, at most 64 bits long; 0 when it is not there.
uint64_t number_in(std::span<const uint8_t> attributes, uint16_t wanted) {
	while (attributes.size() >= NLA_HDRLEN) {
		nlattr field;
		std::memcpy(&field, attributes.data(), sizeof field);
		if (field.nla_len < NLA_HDRLEN || field.nla_len > attributes.size())
			break;
		if ((field.nla_type & NLA_TYPE_MASK) == wanted) {
			uint64_t value = 0;
			const std::size_t size = std::min<std::size_t>(field.nla_len - NLA_HDRLEN, sizeof value);
			if (size == 2) {
				uint16_t half;
				std::memcpy(&half, attributes.data() + NLA_HDRLEN, sizeof half);
				return half;
			}
			std::memcpy(&value, attributes.data() + NLA_HDRLEN, size);
			return value;
		}
		attributes = attributes.subspan(std::min<std::size_t>(NLA_ALIGN(field.nla_len), attributes.size()));
	}
	return 0;
}

} // namespace

RedirectSupport redirect_support(const std::string& interface, unsigned index) {
	Netlink netlink;
	const std::string name = "netdev";
	const Bytes family = netlink.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
	                                 {reinterpret_cast<const uint8_t*>(name.c_str()), name.size() + 1});
	const auto id = static_cast<uint16_t>(number_in(family, CTRL_ATTR_FAMILY_ID));
	if (id == 0)
		return {false, "this kernel does not tell whether " + interface +
		                   " sends redirected frames (Linux 6.3 and later do)"};
	uint8_t value[sizeof index];
	std::memcpy(value, &index, sizeof index);
	const Bytes device = netlink.ask(id, netdev_get, attribute_ifindex, value);
	if (device.empty())
		return {false, "asking for the XDP features of " + interface + ": " + std::strerror(errno)};
	if ((number_in(device, attribute_features) & feature_transmit) == 0)
		return {false, interface +
		                   " does not send redirected frames; a veth does when an XDP program in native "
		                   "mode is attached to its peer, or `ethtool -K PEER gro on` was called, and some "
		                   "network cards when a program is attached to themselves"};
	return {true, {}};
}

} // namespace tmon
