// SPDX-License-Identifier: MIT OR Apache-2.0
//
// `traffic-monitor ctl` and `traffic-monitor status`.
#pragma once

#include "host/options/ctl_options.hpp"

#include <boost/json/object.hpp>

#include <span>
#include <string>

namespace tmon {

// Asks the run and prints its answer: to standard output, or why there is none to standard error. Returns the exit code.
int run_ctl(const CtlCommand& command);

// The whole command, from its arguments on; those behind `ctl`, or `status` and what is behind it.
int ctl_main(std::span<const char* const> arguments);

// What a person reads of an answer that is "ok". `colour`: with escape sequences for a terminal.
std::string format_answer(const std::string& command, const boost::json::object& answer, bool colour);

} // namespace tmon
