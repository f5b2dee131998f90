// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/netlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tmon {

namespace {

constexpr int kMostDumps = 8; // until one is left undisturbed

[[noreturn]] void fail(int error, const char* what) { throw std::system_error(error, std::generic_category(), what); }

std::size_t aligned(std::size_t length) { return (length + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1}; }

// 0: the end of a dump, or all is well.
int error_in(const NetlinkMessage& message) {
	int error = 0;
	if (message.payload.size() >= sizeof error)
		std::memcpy(&error, message.payload.data(), sizeof error);
	return -error;
}

} // namespace

std::vector<NetlinkMessage> split_messages(std::string_view bytes) {
	std::vector<NetlinkMessage> messages;
	while (const auto header = read_header<nlmsghdr>(bytes)) {
		if (header->nlmsg_len < sizeof *header || header->nlmsg_len > bytes.size())
			break;
		messages.push_back({header->nlmsg_type, header->nlmsg_flags,
		                    bytes.substr(sizeof *header, header->nlmsg_len - sizeof *header)});
		bytes.remove_prefix(std::min(aligned(header->nlmsg_len), bytes.size()));
	}
	return messages;
}

std::vector<NetlinkAttribute> split_attributes(std::string_view bytes) {
	std::vector<NetlinkAttribute> attributes;
	while (const auto header = read_header<nlattr>(bytes)) {
		if (header->nla_len < sizeof *header || header->nla_len > bytes.size())
			break;
		attributes.push_back({static_cast<uint16_t>(header->nla_type & NLA_TYPE_MASK),
		                      bytes.substr(sizeof *header, header->nla_len - sizeof *header)});
		bytes.remove_prefix(std::min(aligned(header->nla_len), bytes.size()));
	}
	return attributes;
}

std::string make_attribute(uint16_t type, std::string_view value) {
	const nlattr header{static_cast<uint16_t>(sizeof header + value.size()), type};
	std::string bytes(bytes_of(header));
	bytes += value;
	bytes.resize(aligned(bytes.size()));
	return bytes;
}

NetlinkSocket::NetlinkSocket(int protocol, uint32_t groups)
    : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)) {
	sockaddr_nl address{};
	address.nl_family = AF_NETLINK;
	address.nl_groups = groups;
	if (!fd_ || bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
		fail(errno, "netlink socket");
}

std::string NetlinkSocket::receive(int flags) {
	sockaddr_nl from{};
	do {
		const ssize_t size = recv(fd_.get(), nullptr, 0, flags | MSG_PEEK | MSG_TRUNC);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			fail(errno, "netlink");
		std::string bytes(static_cast<std::size_t>(size), '\0');
		iovec part{bytes.data(), bytes.size()};
		msghdr message{};
		message.msg_name = &from;
		message.msg_namelen = sizeof from;
		message.msg_iov = &part;
		message.msg_iovlen = 1;
		const ssize_t received = recvmsg(fd_.get(), &message, flags);
		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0)
			fail(errno, "netlink");
		bytes.resize(static_cast<std::size_t>(received));
		// Other processes could send, too: only the kernel has the address 0.
		if (from.nl_pid == 0)
			return bytes;
	} while (true);
}

std::string NetlinkSocket::receive_told() {
	try {
		return receive(MSG_DONTWAIT);
	} catch (const std::system_error& error) {
		if (error.code().value() == EAGAIN)
			return {};
		throw;
	}
}

std::string NetlinkSocket::ask(uint16_t type, uint16_t flags, std::string_view payload) {
	for (int i = 0; i < kMostDumps; ++i) {
		if (auto answer = ask_once(type, flags, payload))
			return std::move(*answer);
	}
	fail(EINTR, "netlink: a dump is disturbed again and again");
}

// Nothing when the dump was disturbed.
std::optional<std::string> NetlinkSocket::ask_once(uint16_t type, uint16_t flags, std::string_view payload) {
	const bool dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;
	nlmsghdr header{};
	header.nlmsg_len = static_cast<uint32_t>(sizeof header + payload.size());
	header.nlmsg_type = type;
	header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
	header.nlmsg_seq = ++sequence_;
	const std::string request = std::string(bytes_of(header)) + std::string(payload);
	sockaddr_nl kernel{};
	kernel.nl_family = AF_NETLINK;
	if (sendto(fd_.get(), request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0)
		fail(errno, "netlink");
	std::string answer;
	bool disturbed = false;
	while (true) {
		std::string bytes = receive(0);
		const auto first = read_header<nlmsghdr>(bytes);
		if (!first || first->nlmsg_seq != sequence_)
			continue; // the rest of a question that was given up
		for (const NetlinkMessage& message : split_messages(bytes)) {
			disturbed |= (message.flags & NLM_F_DUMP_INTR) != 0;
			if (message.type == NLMSG_ERROR || message.type == NLMSG_DONE) {
				if (const int error = error_in(message); error != 0)
					fail(error, "netlink");
				if (disturbed)
					return std::nullopt;
				return answer;
			}
			answer.append(message.payload.data() - sizeof(nlmsghdr), message.payload.size() + sizeof(nlmsghdr));
			answer.resize(aligned(answer.size()));
		}
		if (!dump)
			return answer;
	}
}

} // namespace tmon
