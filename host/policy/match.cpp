// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/match.hpp"

#include <algorithm>
#include <cstring>

namespace tmon {

bool covers(const Prefix& outer, const Prefix& inner) {
	if (outer.family != inner.family || outer.length > inner.length)
		return false;
	const std::size_t bytes = outer.length / 8u;
	if (std::memcmp(outer.address.data(), inner.address.data(), bytes) != 0)
		return false;
	const unsigned bits = outer.length % 8u;
	return bits == 0 || ((outer.address[bytes] ^ inner.address[bytes]) >> (8 - bits)) == 0;
}

std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Prefix& inner) {
	std::vector<const PolicyEntry*> entries;
	for (const PolicyEntry& entry : policy.entries) {
		if (covers(entry.prefix, inner))
			entries.push_back(&entry);
	}
	std::stable_sort(entries.begin(), entries.end(), [](const PolicyEntry* a, const PolicyEntry* b) {
		return a->prefix.length > b->prefix.length;
	});
	return entries;
}

std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Address& address) {
	return covering_entries(policy, as_prefix(address));
}

const PolicyEntry* deciding_entry(const Policy& policy, const Address& address) {
	const auto entries = covering_entries(policy, address);
	return entries.empty() ? nullptr : entries.front();
}

} // namespace tmon
