// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/scenario.hpp"

namespace tmon {

// port_scan, host_sweep, syn_flood and brute_force, amid their background. Throws as make_scenario.
std::unique_ptr<Scenario> make_attack(const ScenarioOptions& options);

} // namespace tmon
