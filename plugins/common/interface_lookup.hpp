// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic_monitor/plugin.hpp"

#include <cstdint>
#include <string_view>

namespace tmon::plugins {

// Asks the host; what format::InterfaceNames wants.
struct InterfaceLookup {
	Host host;
	std::string_view operator()(uint32_t ifindex) const { return host.interface_name(ifindex); }
};

} // namespace tmon::plugins
