// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/prefix.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// One thing that is wrong, and where. `line` and `column` count from 1 (columns in bytes); both are 0
// where the place is not in a file, and `file` then names what it is (an option).
struct Diagnostic {
	std::string file;
	std::size_t line = 0;
	std::size_t column = 0;
	std::string message;
};

// "cfg.json:4:7: error: message"
std::string to_string(const Diagnostic& diagnostic, std::string_view severity = "error");

struct PermittedPrefix {
	Prefix prefix;
	std::string name; // empty when the configuration gives none
};

enum class Isolation { process, thread };
enum class XdpMode { automatic, native, generic };

struct PluginConfig {
	std::string plugin;      // id of a shipped plugin, or a path when it contains '/'
	std::string name;        // instance name, unique; the id or the file's stem by default
	Isolation isolation = Isolation::process;
	std::string config_json; // a JSON object, "{}" by default
	Diagnostic where;        // its entry (message empty), to report what the plugin itself refuses
};

// Everything a run needs, from the configuration file with the command line applied over it.
struct Config {
	std::vector<PermittedPrefix> permitted;
	std::vector<std::string> interfaces;
	bool drop_packets = false;
	std::vector<PluginConfig> plugins;
	std::uint64_t ring_bytes = 4u << 20; // per ring
	std::chrono::milliseconds stats_interval{60'000};
	std::optional<std::string> stats_file;
	XdpMode xdp_mode = XdpMode::automatic;
	bool bpf_trace = false;
	bool verbose = false;
};

} // namespace tmon
