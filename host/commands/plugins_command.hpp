// SPDX-License-Identifier: MIT OR Apache-2.0
//
// `traffic-monitor plugins`: what can be done with plugins without watching an interface.
#pragma once

#include "host/options/plugins_options.hpp"
#include "host/plugin_file/plugin_file.hpp"

namespace tmon {

// Each prints its result to standard output, what is wrong with its input to standard error, and returns the exit code.
// The process has one thread when they are called: some start others.
int list_plugins(const ListPlugins& options, const InstalledTree& tree);
int describe_plugin(const DescribePlugin& options, const InstalledTree& tree);
int replay_recording(const ReplayRecording& options, const InstalledTree& tree);
int check_plugin(const CheckPlugin& options, const InstalledTree& tree);

int run_plugins_command(const PluginsCommand& command, const InstalledTree& tree);

} // namespace tmon
