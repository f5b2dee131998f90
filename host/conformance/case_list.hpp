// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The cases of the dynamic stage by name, and what the host tells plugin-checker of the one that it is to run.
#pragma once

#include "host/plugin_file/manifest.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

struct CaseInfo {
	const char* name;
	const char* about;
	std::optional<Capability> needs; // else there is nothing to try
};

// In the order in which they are run.
std::span<const CaseInfo> dynamic_cases();

// In the form that a plugin receives.
struct CaseOrder {
	std::string name;
	uint64_t seed = 0;
	int64_t deadline_ms = 2000;
	std::string config;                     // sound
	std::vector<std::string> other_configs; // sound, too, as far as the schema knows
	std::vector<std::string> wrong_configs; // ones that the host would not pass on

	std::string encode() const;
	static std::optional<CaseOrder> decode(std::string_view text);
};

} // namespace tmon
