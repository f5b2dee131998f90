// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/dll/shared_library.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace tmon {

// A file that is not a plugin this host can run.
struct PluginLoadError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// A loaded plugin: the shared object and its entry, checked.
class PluginModule {
public:
	// Loads the very file that `file` refers to, whatever has happened to its path meanwhile; `path` is for
	// messages. The object stays loaded and the descriptor open as long as the process lives: the dynamic linker
	// remembers objects by name, a reused /proc/self/fd/N would give the old one, and a plugin may have left threads
	// behind that run its code. A file that is loaded already is not loaded again.
	// Throws PluginLoadError. [any-thread]
	static const PluginModule& load(Fd file, const std::string& path);

	PluginModule(const PluginModule&) = delete;
	PluginModule& operator=(const PluginModule&) = delete;

	const tmon_plugin_entry& entry() const noexcept { return *entry_; }
	const tmon_plugin_api& api() const noexcept { return *entry_->api; }

private:
	PluginModule(Fd file, const std::string& path);

	boost::dll::shared_library library_;
	const tmon_plugin_entry* entry_ = nullptr;
};

// Whether this host can run a plugin with that entry; the reason when not, else empty.
std::string refuse_entry(const tmon_plugin_entry& entry);

// What the entry says otherwise than the manifest that the host has read from the file; empty when they agree.
std::string contradict_manifest(const tmon_plugin_entry& entry, std::string_view manifest, std::string_view id,
                                std::string_view version);

} // namespace tmon
