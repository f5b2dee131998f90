// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tmon {

// Whether an interface sends frames that XDP programs redirect to it, at present: the answer may change with
// what is attached to its peer.
struct RedirectSupport {
	bool accepted = false;
	std::string reason; // why not, for people
};

// Asks the kernel (generic netlink, family "netdev", Linux 6.3).
RedirectSupport redirect_support(const std::string& interface, unsigned index);

} // namespace tmon
