// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
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

enum class Isolation { process, thread };
enum class XdpMode { automatic, native, generic };

// What a plugin may do only where its manifest asks for it and its entry grants it.
enum class Permission { network, exec, block, standard_output, paths };

// What an entry grants. Paths are absolute, without "." or ".." in them; each stands for a file or for all
// that is in a directory.
struct PluginGrants {
	bool network = false, exec = false, block = false;
	bool standard_output = false; // also of whoever the configuration names by id: it is installed with the program
	std::vector<std::string> read_paths, write_paths;
};

// What a runner process may use.
struct PluginLimits {
	std::uint64_t memory_bytes = 512u << 20;
	std::uint32_t threads = 32;
	std::uint32_t files = 256;              // open at one time
	std::chrono::milliseconds deadline{2000}; // for one call into the plugin
};

struct PluginFile;

struct PluginConfig {
	std::string plugin;      // id of a shipped plugin, or a path when it contains '/'
	std::string name;        // instance name, unique; the id or the file's stem by default
	Isolation isolation = Isolation::process;
	std::string config_json; // a JSON object, "{}" by default; with the defaults of the plugin's schema
	Diagnostic where;        // its entry (message empty), to report what the plugin itself refuses
	PluginGrants grants;
	PluginLimits limits;
	std::string sha256;      // of the file, 64 lower-case hexadecimal digits; empty: any
	// Only a PluginCheck sets it. Shared by all that run the same copy of the file.
	std::shared_ptr<const PluginFile> file;
	std::vector<std::string> config_paths; // the files that the user's own configuration names, see named_files
};

// Everything a run needs, from the configuration file with the command line applied over it.
struct Config {
	Policy policy;
	std::vector<std::string> lists; // the files of prefixes that were read for it
	std::vector<std::string> interfaces;
	bool drop_packets = false;
	std::optional<std::chrono::milliseconds> confirm; // back to logging only unless confirmed by then; needs drop_packets
	bool dry_run = false; // nothing is dropped, neither by drop_packets nor by a block: it is only said
	bool force = false;   // start although the pre-flight refuses
	bool pin = false;     // what is attached stays when the program ends
	std::vector<PluginConfig> plugins;
	std::uint64_t ring_bytes = 4u << 20; // per ring
	std::chrono::milliseconds stats_interval{60'000};
	std::optional<std::string> stats_file;
	std::optional<std::string> crash_directory; // for the batches that plugins have crashed on
	std::size_t crashes_kept = 16;              // for each plugin
	std::uint32_t block_list_size = 131'072; // addresses
	bool control_enabled = true;
	std::optional<std::string> control_socket; // path; empty: the default one
	XdpMode xdp_mode = XdpMode::automatic;
	bool bpf_trace = false;
	bool verbose = false;
};

// Whether nothing but plugins differs.
bool same_but_for_plugins(const Config& a, const Config& b);

// The same, and the policy may differ, too: the lists, drop_packets, and confirm, which belongs to it.
bool same_but_for_policy_and_plugins(const Config& a, const Config& b);

} // namespace tmon
