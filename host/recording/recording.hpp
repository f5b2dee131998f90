// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Batches of events in a file, exactly as a plugin got them, and what is needed to give them to it again.
//
//     "TMONREC1"            8 bytes
//     size, text            uint32_t, and so many bytes of JSON: everything of Recording but the batches
//     for each batch        ring, count: uint32_t; first_seq, lost_before: uint64_t; clock_offset_ns: int64_t;
//                           `count` events of 64 bytes (tmon_event)
// All numbers little-endian.
#pragma once

#include "traffic_monitor/event.h"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

struct RecordedBatch {
	uint32_t ring = 0;
	uint64_t first_seq = 0;
	uint64_t lost_before = 0;
	int64_t clock_offset_ns = 0;
	std::vector<tmon_event> events;
};

struct Recording {
	std::string plugin; // as the configuration named it: an id, or a path
	std::string plugin_id, plugin_version, sha256;
	std::string instance;
	std::string config_json = "{}";
	std::vector<std::string> config_paths; // the files that it may have opened, see PluginConfig
	std::string reason; // why it was made, for people
	int64_t saved_at_ns = 0; // UTC, nanoseconds since 1970-01-01
	std::vector<RecordedBatch> batches;
};

// A file that is no recording, or a damaged one.
struct RecordingError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// A new file, for its owner only; none is left behind on failure. Throws std::system_error.
void write_recording(const std::filesystem::path& path, const Recording& recording);

// Throws std::system_error when the file cannot be read, RecordingError when it is not whole.
Recording read_recording(const std::filesystem::path& path);
Recording parse_recording(std::string_view bytes);

} // namespace tmon
