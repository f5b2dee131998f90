// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/transmit.hpp"

#include <cstdint>
#include <string>

namespace tmon {

struct Summary {
	Outcome outcome;
	ScenarioName scenario = ScenarioName::mixed;
	uint64_t seed = 0;
	uint64_t lost = 0; // dropped by the interface after it had taken them
	std::string method = "file"; // or "live", "socket"
};

// One line without its end.
std::string to_text(const Summary& summary);
std::string to_json(const Summary& summary);

} // namespace tmon
