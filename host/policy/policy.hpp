// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/prefix.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// What an entry makes of the sources it covers. The longest prefix that covers a source decides.
enum class EntryClass : uint8_t {
	permitted,  // passes, is not reported
	denied,     // an exception inside a permitted prefix: reported, dropped in drop mode
	never_drop, // reported, and passed in drop mode too
};

// Where an entry was written: a file of Policy::files, line and column from 1 (bytes).
struct EntryPlace {
	uint32_t file = 0;
	uint32_t line = 0; // 0: not in a file; files[file] then names what it is (an option)
	uint32_t column = 0;
};

// "permitted", "denied", "never_drop".
std::string_view to_string(EntryClass kind);

struct PolicyEntry {
	Prefix prefix;
	EntryClass kind = EntryClass::permitted;
	std::string name; // empty when none is given
	EntryPlace place;
};

// All lists of a configuration. No prefix is in it twice, whatever its class.
struct Policy {
	std::vector<PolicyEntry> entries; // in the order of the configuration
	std::vector<std::string> files;   // that the places refer to; the first is the configuration itself
};

// Prefix, class and name alike, in the same order; places do not matter.
bool same_entries(const Policy& a, const Policy& b);

} // namespace tmon
