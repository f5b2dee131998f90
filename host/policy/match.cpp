// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/match.hpp"

#include <algorithm>
#include <cstring>

namespace tmon {

bool covers(const Prefix& outer, const Prefix& inner) {
	if (outer.family != inner.family || outer.length > inner.length)
		return false;
	const std::size_t whole = outer.length / 8;
	if (std::memcmp(outer.address.data(), inner.address.data(), whole) != 0)
		return false;
	const unsigned rest = outer.length % 8;
	return rest == 0 || ((outer.address[whole] ^ inner.address[whole]) & (0xff00u >> rest & 0xff)) == 0;
}

std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Prefix& address) {
	std::vector<const PolicyEntry*> found;
	for (const PolicyEntry& entry : policy.entries)
		if (covers(entry.prefix, address))
			found.push_back(&entry);
	std::sort(found.begin(), found.end(),
	          [](const PolicyEntry* a, const PolicyEntry* b) { return a->prefix.length > b->prefix.length; });
	return found;
}

} // namespace tmon
