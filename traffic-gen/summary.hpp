// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/transmit.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

enum class Way { file, live, socket };

struct Summary {
	Outcome outcome;
	ScenarioName scenario = ScenarioName::mixed;
	uint64_t seed = 0;
	std::vector<packet::IpAddress> attackers = {}; // as Scenario::attackers
	Way way = Way::file;
	uint64_t lost = 0; // dropped by the interface after they had been sent
};

// One line without its end.
std::string to_text(const Summary& summary);
std::string to_json(const Summary& summary);

} // namespace tmon
