// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/plugin_file/plugin_file.hpp"
#include "host/runner/message.hpp"

namespace tmon {

// What a runner has to know of the file that it loads; the rest of the setup is as by default.
inline RunnerSetup plugin_setup(const PluginFile& file) {
	RunnerSetup setup;
	setup.plugin_path = file.path;
	setup.manifest = file.manifest.text;
	setup.plugin_id = file.manifest.id;
	setup.plugin_version = file.manifest.version;
	for (const Capability capability : file.manifest.capabilities)
		setup.capabilities.emplace_back(to_string(capability));
	return setup;
}

} // namespace tmon
