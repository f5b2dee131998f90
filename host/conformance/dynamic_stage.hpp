// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin does when it is called: each case in a process of its own.
#pragma once

#include "host/conformance/verdict.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/spawner/spawner.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

struct GivenSoundConfig {
	std::string json; // as the plugin receives it
	std::vector<std::string> paths;
};

// `spawner` starts plugin-checker and is attached to `io`. Files that made configurations name lie in `scratch`,
// which is the caller's to remove. `given`: used instead of made ones.
std::vector<CaseResult> check_behaviour(boost::asio::io_context& io, const PluginFile& file, Spawner& spawner,
                                        const std::filesystem::path& scratch, uint64_t seed,
                                        const std::optional<GivenSoundConfig>& given);

} // namespace tmon
