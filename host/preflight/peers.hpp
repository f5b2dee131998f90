// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Who this host talks to and must not lose: SSH sessions, default gateways, DNS servers.
#pragma once

#include "host/preflight/peer.hpp"

#include <filesystem>

namespace tmon {

// Where DNS servers are written.
struct ResolverFiles {
	std::filesystem::path resolv_conf = "/etc/resolv.conf";
	std::filesystem::path behind_systemd_stub = "/run/systemd/resolve/resolv.conf";
};

// Those whose packets arrive at one of `monitored` in the network namespace of the calling thread, directly or by way of an
// interface on top of it (a VLAN, bridge or bond); as the kernel routes to them. Never throws for what cannot be found out: that
// is a note.
Peers peers_of(const std::vector<Interface>& monitored, const ResolverFiles& files = {});

} // namespace tmon
