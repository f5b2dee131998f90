// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/load.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace tmon {

// What `check` says of the file `name` when it is right, one line without its end: how many prefixes of each class, what
// becomes of the rest, the plugins, and the lists that were read.
std::string summary_of(const std::string& name, const Config& config);

// The same, and all that is wrong, for programs.
boost::json::object report_of(const std::string& name, const ConfigResult& result);

} // namespace tmon
