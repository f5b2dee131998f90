// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/tcp_sockets.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tmon {

std::optional<TcpSocket> read_tcp_socket(std::string_view payload) {
	const auto message = read_header<inet_diag_msg>(payload);
	if (!message || (message->idiag_family != AF_INET && message->idiag_family != AF_INET6))
		return std::nullopt;
	const auto address = [&](const void* bytes) {
		return message->idiag_family == AF_INET ? ipv4_address(bytes) : ipv6_address(bytes);
	};
	TcpSocket result;
	result.local = address(message->id.idiag_src);
	result.remote = address(message->id.idiag_dst);
	result.local_port = ntohs(message->id.idiag_sport);
	result.remote_port = ntohs(message->id.idiag_dport);
	result.established = message->idiag_state == TCP_ESTABLISHED;
	result.listening = message->idiag_state == TCP_LISTEN;
	result.ifindex = message->id.idiag_if;
	result.inode = message->idiag_inode;
	return result;
}

std::vector<TcpSocket> dump_tcp_sockets(NetlinkSocket& socket) {
	std::vector<TcpSocket> sockets;
	for (const int family : {AF_INET, AF_INET6}) {
		inet_diag_req_v2 request{};
		request.sdiag_family = static_cast<uint8_t>(family);
		request.sdiag_protocol = IPPROTO_TCP;
		request.idiag_states = 1u << TCP_ESTABLISHED | 1u << TCP_LISTEN;
		const std::string answer = socket.ask(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, bytes_of(request));
		for (const NetlinkMessage& message : split_messages(answer)) {
			if (auto tcp = message.type == SOCK_DIAG_BY_FAMILY ? read_tcp_socket(message.payload) : std::nullopt)
				sockets.push_back(*tcp);
		}
	}
	return sockets;
}

} // namespace tmon
