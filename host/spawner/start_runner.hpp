// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>

namespace tmon {

// The process that is to become a runner gets its socket at this descriptor, and no other above 2.
constexpr int kRunnerSocket = 3;

struct RunnerStart {
	int executable;          // open, by O_PATH or for reading
	const std::string& name; // of the executable: argv[0], and for messages; argv[1] is the caller's pid
	int socket, output;      // borrowed
	uint32_t uid;            // user and group to become; 0: stay
};

// Starts a runner that dies with the calling thread. When the executable's first instruction runs, the process is that
// user already, without groups, capabilities or a way to gain any, and with little of our environment. Returns its pid, or why there is none.
// The caller has no other thread and has dropped its bounding set.
std::variant<pid_t, std::string> start_runner(const RunnerStart& start);

} // namespace tmon
