// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/policy.hpp"

#include <algorithm>

namespace tmon {

std::string_view to_string(EntryClass kind) {
	switch (kind) {
	case EntryClass::permitted:
		return "permitted";
	case EntryClass::denied:
		return "denied";
	case EntryClass::never_drop:
		return "never_drop";
	}
	return {};
}

bool same_entries(const Policy& a, const Policy& b) {
	return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
	                  [](const PolicyEntry& x, const PolicyEntry& y) {
		                  return x.prefix == y.prefix && x.kind == y.kind && x.name == y.name;
	                  });
}

} // namespace tmon
