// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

namespace tmon {

// Monitors live until SIGINT or SIGTERM (or SIGHUP: the terminal is gone). Whatever way it returns, no
// program stays attached and no runner stays behind. Says on the log what went wrong. Returns an ExitCode.
int monitor_live(const Config& config);

} // namespace tmon
