// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic_monitor/plugin.h"

#include <string>

namespace tmon::alerts {

// One line for people, with its end:
// [ALERT] high port_scan open 203.0.113.7 -> 10.0.0.1: 12 packets to 10 ports in 0.1 s
std::string console_line(const tmon_alert& alert, bool colour);

// One JSON object and a line end.
std::string json_line(const tmon_alert& alert);

} // namespace tmon::alerts
