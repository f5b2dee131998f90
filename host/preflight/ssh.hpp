// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which TCP connections are SSH sessions.
#pragma once

#include "host/policy/address.hpp"
#include "host/preflight/tcp_sockets.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// The session that a process was started from, as sshd tells its children.
struct SshSession {
	Address client;
	std::string zone; // of a link-local client, "eth0"; empty when there is none
	uint16_t client_port = 0, server_port = 0;
	std::optional<Address> server;
};

// Reads SSH_CONNECTION ("client port server port") or SSH_CLIENT ("client port port"); nothing when it is neither.
std::optional<SshSession> parse_ssh_session(std::string_view text);

// The session that this process belongs to: of its environment, or else, because sudo and the like hide it, of that of its
// ancestors as far as they can be read.
std::optional<SshSession> find_own_session();

// Local ports of SSH servers among the sockets: 22, that of `own`, and those that processes named like a server listen on.
// What is in the way of finding these is added to `notes`.
std::set<uint16_t> find_ssh_ports(const std::vector<TcpSocket>& sockets, const std::optional<SshSession>& own,
                                  std::vector<std::string>& notes);

} // namespace tmon
