// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/config/plugin_entry.hpp"
#include "host/config/units.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// --set: a value of the document, by its dotted path ("ring.size", "plugins.0.config.file").
struct Setting {
	std::string path;
	std::string value; // JSON, or else the text itself
};

// What is given beside the configuration and wins over it.
struct Overrides {
	std::vector<Setting> settings; // applied to the document, in order, before it is read
	std::vector<std::string> interfaces; // replace the configuration's when there are any
	bool drop_packets = false; // true wins, false leaves it to the configuration
	std::optional<std::chrono::milliseconds> confirm;
	bool dry_run = false, force = false;
	bool pin = false; // as drop_packets
	std::optional<LogFormat> log_format; // replaces the `logging` block
	std::optional<std::string> log_file;
	std::optional<std::uint64_t> log_buffer_bytes;
	std::optional<XdpMode> xdp_mode;
	std::optional<std::uint64_t> ring_bytes;
	std::optional<std::chrono::milliseconds> stats_interval;
	std::optional<std::string> stats_file;
	bool bpf_trace = false;
	bool verbose = false;
};

// Either a configuration that is right as a whole, or all that is wrong with it, by place.
struct ConfigResult {
	std::optional<Config> config; // there exactly when there are no errors
	std::vector<Diagnostic> errors;
	std::vector<Diagnostic> warnings;
};

// Reads the file at `path`, or "-" for standard input. Has `check`, where there is one, look at every plugin entry.
ConfigResult load_config(const std::string& path, const Overrides& overrides = {}, const PluginCheck& check = {});

// The same from text; `name` stands for the file in diagnostics, and relative paths of lists start at its folder.
ConfigResult load_config_text(std::string_view text, const std::string& name, const Overrides& overrides = {},
			      const PluginCheck& check = {});

} // namespace tmon
