// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/address.hpp"
#include "host/system/netlink.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tmon {

// A TCP socket of this network namespace.
struct TcpSocket {
	Address local, remote;
	uint16_t local_port = 0, remote_port = 0; // host byte order
	bool established = false;
	bool listening = false;
	uint32_t ifindex = 0; // the interface it is bound to; 0: any
	uint32_t inode = 0;
};

// From the payload of an answer of inet_diag; nothing when it is cut off or of another family.
std::optional<TcpSocket> read_tcp_socket(std::string_view payload);

// All that are established or listen, IPv4 and IPv6; each address in its own family, never IPv4-mapped. `socket` is one of
// NETLINK_SOCK_DIAG. Throws std::system_error.
std::vector<TcpSocket> dump_tcp_sockets(NetlinkSocket& socket);

} // namespace tmon
