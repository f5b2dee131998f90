// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/spawner/runner_uids.hpp"
#include "host/system/fd.hpp"

#include <sys/types.h>

#include <string>

namespace tmon {

struct SpawnerProcess {
	pid_t pid = -1; // a child of the caller, which reaps it
	Fd socket;      // speaks as protocol.hpp has it; to close it ends the spawner and all its runners
};

// Forks a spawner, which starts `runner_executable`: the file that has this name now, whatever is put in its place
// later. To be called while there is one thread, and from a thread that lives as long as the process: the spawner ends
// with it. Throws std::system_error or std::runtime_error.
SpawnerProcess start_spawner_process(const std::string& runner_executable, const std::string& uid_locks = kUidLocks);

} // namespace tmon
