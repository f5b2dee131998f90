// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/fields.hpp"
#include "host/config/load.hpp"
#include "host/config/plugin_entry.hpp"

#include <vector>

// The larger parts of the document. Each reads its own and reports what is wrong with it.

namespace tmon {

std::vector<PluginConfig> read_plugins(const Value& value, const PluginCheck& check, Findings& findings);

// The parts of one entry; entry.path is set.
void read_grants(const Value& value, PluginEntry& entry, Findings& findings);
void read_limits(const Value& value, PluginEntry& entry, Findings& findings);
void read_sha256(const Value& value, PluginEntry& entry, Findings& findings);

// Has the entry checked and finishes its configuration.
PluginConfig finish_entry(PluginEntry entry, const PluginCheck& check, Findings& findings);

// The `logging` block, with the places that errors of the whole refer to.
struct LoggingBlock {
	Place place;
	std::optional<LogFormat> format;
	std::optional<std::string> file;
	std::optional<std::uint64_t> buffer_bytes;
	Place file_place, buffer_place;
};

LoggingBlock read_logging(const Value& value, const Overrides& overrides, Findings& findings);

// Appends the plugin that the shorthand asks for: that of the command line, or else of the block, or else,
// when `plugins` is not given either, the console.
void append_shorthand(std::vector<PluginConfig>& plugins, bool plugins_given, const std::optional<LoggingBlock>& block,
		      const Overrides& overrides, const PluginCheck& check, Sources& sources, Findings& findings);

} // namespace tmon
