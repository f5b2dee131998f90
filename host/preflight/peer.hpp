// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/address.hpp"
#include "host/system/interfaces.hpp"

#include <string>
#include <vector>

namespace tmon {

// Those without whom one loses the way to this host, or it loses its way out.
enum class PeerKind { ssh, gateway, dns };

// One whose packets arrive at a monitored interface.
struct Peer {
	PeerKind kind = PeerKind::ssh;
	Address address;
	std::string detail;  // "SSH session from 192.0.2.5:50222 (this one)"
	Interface interface; // the monitored one
};

struct Peers {
	std::vector<Peer> peers;
	std::vector<std::string> notes; // what could not be found out, and why
};

} // namespace tmon
