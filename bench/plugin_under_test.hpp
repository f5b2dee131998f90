// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What benchmarks with real runners have in common: where these are, and a plugin's configuration.
#pragma once

#include "host/plugin_file/plugin_file.hpp"
#include "host/supervise/supervisor.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace tmon::bench {

inline InstalledTree tree() {
	const char* dist = std::getenv("TMON_DIST");
	const std::filesystem::path prefix = dist ? dist : "dist";
	return {prefix / "lib/traffic-monitor/plugins", prefix / "libexec/traffic-monitor/plugin-runner"};
}

// Nothing is slow enough to be killed, and what crashes spoils the run anyway.
inline PluginConfig plugin_config(const std::string& path, const std::string& name, Isolation isolation) {
	const auto found = find_plugin(path, tree(), "");
	if (const auto* error = std::get_if<PluginFileError>(&found))
		throw std::runtime_error(error->text());
	PluginConfig config;
	config.plugin = path;
	config.name = name;
	config.isolation = isolation;
	config.config_json = "{}";
	config.file = std::get<std::shared_ptr<const PluginFile>>(found);
	config.limits.deadline = std::chrono::seconds(60);
	return config;
}

inline CrashStore no_crashes() { return CrashStore("/nonexistent", 0); }

// The processes that the spawner has started.
inline std::vector<pid_t> runners_of(const Spawner& spawner) {
	const std::string id = std::to_string(spawner.pid());
	std::ifstream children("/proc/" + id + "/task/" + id + "/children");
	std::vector<pid_t> found;
	for (pid_t child = 0; children >> child;)
		found.push_back(child);
	return found;
}

} // namespace tmon::bench
