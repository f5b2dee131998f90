// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/address.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tmon {

struct NameServer {
	Address address;
	std::string zone; // of "fe80::1%eth0"; empty when there is none
};

struct ResolvConf {
	std::vector<NameServer> servers;
	std::vector<std::string> unreadable; // what stands behind `nameserver` and is no address
};

// The `nameserver` lines of a resolv.conf, read as the C library does.
ResolvConf parse_resolv_conf(std::string_view text);

// Whether all servers are this host's own: then what they ask does not stand there.
bool names_only_this_host(const ResolvConf& conf);
// Whether that is systemd-resolved's stub, which keeps the real servers in a file of its own.
bool is_systemd_stub(const ResolvConf& conf);

} // namespace tmon
