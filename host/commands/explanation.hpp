// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace tmon {

// What becomes of packets from `address`, a prefix of full length, and which entries say so: the one that decides, then
// those it overrides, the longest first. Ends with a line break.
std::string explanation_of(const Prefix& address, const Config& config);

// The same for programs.
boost::json::object explanation_json(const Prefix& address, const Config& config);

} // namespace tmon
