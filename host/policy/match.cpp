// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/match.hpp"

#include <algorithm>
#include <cstring>

namespace tmon {

bool covers(const Prefix& prefix, const Address& address) {
	if (prefix.family != address.family)
		return false;
	const std::size_t bytes = prefix.length / 8u;
	if (std::memcmp(prefix.address.data(), address.bytes.data(), bytes) != 0)
		return false;
	const unsigned bits = prefix.length % 8u;
	return bits == 0 || ((prefix.address[bytes] ^ address.bytes[bytes]) >> (8 - bits)) == 0;
}

std::vector<const PolicyEntry*> covering_entries(const Policy& policy, const Address& address) {
	std::vector<const PolicyEntry*> entries;
	for (const PolicyEntry& entry : policy.entries) {
		if (covers(entry.prefix, address))
			entries.push_back(&entry);
	}
	std::stable_sort(entries.begin(), entries.end(), [](const PolicyEntry* a, const PolicyEntry* b) {
		return a->prefix.length > b->prefix.length;
	});
	return entries;
}

const PolicyEntry* deciding_entry(const Policy& policy, const Address& address) {
	const auto entries = covering_entries(policy, address);
	return entries.empty() ? nullptr : entries.front();
}

} // namespace tmon
