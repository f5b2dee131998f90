// SPDX-License-Identifier: MIT OR Apache-2.0
//
// `traffic-monitor check` and `explain`: what can be told from a configuration alone.
#pragma once

#include "host/options/config_options.hpp"
#include "host/plugin_file/plugin_file.hpp"

namespace tmon {

// Each prints its result to standard output, what is wrong with its input to standard error, and returns the exit code.
int check_configs(const CheckConfigs& options, const InstalledTree& tree);
int explain_addresses(const ExplainAddresses& options, const InstalledTree& tree);

} // namespace tmon
