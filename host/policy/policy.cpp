// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/policy.hpp"

#include <algorithm>

namespace tmon {

bool same_entries(const Policy& a, const Policy& b) {
	return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
	                  [](const PolicyEntry& x, const PolicyEntry& y) {
		                  return x.prefix == y.prefix && x.kind == y.kind && x.name == y.name;
	                  });
}

} // namespace tmon
