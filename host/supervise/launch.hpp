// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Starting a runner: as a process of its own, or as a thread of the host.
#pragma once

#include "host/system/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <thread>

namespace tmon {

struct RunnerProcess {
	pid_t pid = -1;
	Fd pidfd;  // readable once it has ended
	Fd output; // what it writes to its standard output and error; does not block
};

// Starts `executable` with its end of the socket pair at descriptor 3. Throws std::system_error.
RunnerProcess launch_process(const std::string& executable, const Fd& socket);

// Runs the same loop in a thread. The thread ends after the host has said finish.
std::thread launch_thread(Fd socket);

// An unprivileged user id for a runner, which no account and no running process has; 0 when
// this process may not change users. Throws std::runtime_error when there is none left.
uint32_t choose_runner_uid();

} // namespace tmon
