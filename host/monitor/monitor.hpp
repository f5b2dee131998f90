// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/options/options.hpp"
#include "host/spawner/spawner.hpp"

#include <functional>

namespace tmon {

// Monitors live until SIGINT or SIGTERM. SIGHUP asks `read_again` for the configuration as it is now and makes the
// plugins what it says; when it came because the controlling terminal has gone, it ends the run. Whatever way it
// returns, no program stays attached and neither a runner nor the spawner stays behind. Says on the log what went wrong.
// Returns an ExitCode.
int monitor_live(Config config, Spawner spawner, const std::function<MergeResult()>& read_again);

} // namespace tmon
