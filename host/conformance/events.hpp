// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/random.hpp"
#include "traffic_monitor/event.h"

#include <cstddef>
#include <vector>

namespace tmon {

enum class EventKind {
	plausible,   // as packets make them
	every_value, // every protocol, version, reason, action and flag, whatever it means together
	random_bytes,
};

std::vector<tmon_event> make_events(Random& random, EventKind kind, std::size_t count);

} // namespace tmon
