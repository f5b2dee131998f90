// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"

#include <vector>

namespace tmon {

// Whether all of `inner` is in `outer`; a prefix covers itself.
bool covers(const Prefix& outer, const Prefix& inner);

// The entries that cover `address` (a prefix of full length, or any other), the longest first: that one decides, and it
// overrides the others. Empty when no entry does. Pointers into the policy. One pass over all entries.
std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Prefix& address);

} // namespace tmon
