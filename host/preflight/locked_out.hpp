// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Before packets are dropped: which of the present peers would no longer be heard?
#pragma once

#include "host/policy/policy.hpp"
#include "host/preflight/peer.hpp"

#include <string>
#include <vector>

namespace tmon {

struct LockedOut {
	Peer peer;
	const PolicyEntry* denied_by = nullptr; // belongs to the policy; null: no entry covers it
};

// The peers that the policy denies and does not exempt from dropping, in the order of `peers`.
std::vector<LockedOut> locked_out(const std::vector<Peer>& peers, const Policy& policy);

// Who it is, why its packets would be dropped, and what that means: one line.
std::string describe(const LockedOut& locked_out, const Policy& policy);

// What to do about them: one line.
std::string advise(const std::vector<LockedOut>& locked_out);

} // namespace tmon
