// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The answers of a run as JSON; docs/control.md describes them.
#pragma once

#include "host/control/control.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace tmon {

boost::json::object to_json_object(const Status& status);
boost::json::object to_json_object(const CheckedAddress& checked, const Prefix& address);
boost::json::object to_json_object(const BlockPage& page);

std::string_view to_string(DropState state); // "log_only", "dropping", "until_confirmed", "reverted"

// "2026-01-31T12:00:00Z"
std::string format_utc(int64_t ns);

} // namespace tmon
