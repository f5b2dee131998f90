// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a runner process shuts itself in with before it opens a plugin: resource limits, Landlock, seccomp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

struct SandboxRules {
	uint64_t memory_bytes = uint64_t{512} << 20; // of data, on top of what the process has when it enters
	uint32_t threads = 32; // of the whole process, the first one included; with `exec`, its children's too
	uint32_t files = 256;  // descriptors, those that are open already included
	bool network = false;  // may open sockets
	bool exec = false;     // may start programs, which stay in this sandbox
	std::vector<std::string> read_paths, write_paths; // absolute: files, or directories with all below them
	bool own_user = false;                            // no other process has this user id
};

struct SandboxReport {
	uint32_t landlock_abi = 0;        // 0: the kernel has none
	std::vector<std::string> missing; // what could not be enforced, for people
};

// Enters for good; every program started later is in it, too. The process has one thread, no capabilities it
// wants to keep, and has mapped what it needs: mappings made before do not count against `memory_bytes`.
// Throws std::runtime_error when something that the kernel offers could not be applied, or a granted path is not
// absolute or does not exist; the process must then not open a plugin.
//
// Granted paths are files and directories, not names: what is put in a granted file's place later, by renaming,
// is not granted. A path that the process may not even reach as the user it is adds nothing and is no error.
SandboxReport enter_sandbox(const SandboxRules& rules);

} // namespace tmon
