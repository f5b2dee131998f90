// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/dll/shared_library.hpp>

#include <stdexcept>
#include <string>

namespace tmon {

// A file that is not a plugin this host can run.
struct PluginLoadError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// A loaded plugin: the shared object and its entry, checked.
//
// Loads the very file that `file` refers to, whatever has happened to its path meanwhile. The descriptor
// stays open as long as the process lives: the dynamic linker remembers objects by name, and a reused
// /proc/self/fd/N would give it the old one.
class PluginModule {
public:
	// `path` is for messages. Throws PluginLoadError.
	PluginModule(Fd file, const std::string& path);

	const tmon_plugin_entry& entry() const noexcept { return *entry_; }
	const tmon_plugin_api& api() const noexcept { return *entry_->api; }

private:
	boost::dll::shared_library library_;
	const tmon_plugin_entry* entry_ = nullptr;
};

// Whether this host can run a plugin with that entry; the reason when not, else empty.
std::string refuse_entry(const tmon_plugin_entry& entry);

} // namespace tmon
