// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/supervise/runner_link.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tmon {

// Keeps the batches that plugins have crashed on, for `traffic-monitor plugins replay`: a folder with a bounded
// number of files.
class CrashStore {
public:
	// `keep`: files for each plugin; 0 keeps none.
	CrashStore(std::filesystem::path directory, std::size_t keep) : directory_(std::move(directory)), keep_(keep) {}

	// Where the batch that the runner had in hand has been saved; nullopt when there was none or none is kept. What goes
	// wrong is logged. `why`: how the runner ended, for people.
	std::optional<std::filesystem::path> save(const RunnerLink& runner, const std::string& why);

	// Where crashes are kept when the configuration says nothing: below $STATE_DIRECTORY (systemd), or as root
	// /var/lib/traffic-monitor, or else $XDG_STATE_HOME or ~/.local/state.
	static std::filesystem::path default_directory();

private:
	void remove_oldest(const std::string& instance);

	const std::filesystem::path directory_;
	const std::size_t keep_;
};

} // namespace tmon
