// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/plugin_entry.hpp"
#include "host/plugin_file/plugin_file.hpp"

namespace tmon {

// Finds the file of every entry, and holds what the entry says against its manifest: grants that the plugin
// does not ask for, a configuration that its schema does not take. Fills the schema's defaults in. Entries that
// name the same plugin get the same copy of it, for as long as the check lives.
PluginCheck make_plugin_check(InstalledTree tree);

} // namespace tmon
