// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/plugin_file/plugin_file.hpp"

namespace tmon {

// find_plugin, but a file without a manifest is an error, too: these commands are about what it says.
std::variant<std::shared_ptr<const PluginFile>, PluginFileError> find_whole_plugin(const std::string& plugin,
                                                                                   const InstalledTree& tree);

// "events, ticks"; "none".
std::string list_of(const std::set<Capability>& capabilities);

} // namespace tmon
