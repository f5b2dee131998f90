// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the policy says of one source, by looking at every entry: for questions that are asked now and then. Packets
// are judged by tables made from the same entries.
#pragma once

#include "host/policy/address.hpp"
#include "host/policy/policy.hpp"

#include <vector>

namespace tmon {

// Whether all of `inner` is in `outer`; a prefix covers itself.
bool covers(const Prefix& outer, const Prefix& inner);

// The entries that cover `inner`, or the address, the longest first: that one decides, and it overrides the others.
// Pointers into the policy. One pass over all entries.
std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Prefix& inner);
std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Address& address);

// The entry that decides; null when none covers the address, which then is denied.
const PolicyEntry* deciding_entry(const Policy& policy, const Address& address);

} // namespace tmon
