// SPDX-License-Identifier: MIT OR Apache-2.0
//
// `traffic-monitor detach`: what a pinned run has left.
#pragma once

#include "host/options/detach_options.hpp"
#include "host/plugin_file/plugin_file.hpp"

namespace tmon {

// Prints what was done to standard output, what was not, and why, to standard error; returns the exit code.
int detach_pinned(const DetachPinned& options, const InstalledTree& tree);

} // namespace tmon
