// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <sys/types.h>

#include <string>

namespace tmon {

struct RunnerExecutable {
	Fd file; // none: `error` says why
	std::string name;
	int error = 0; // errno
};

// What the spawner does all its life: says that it is ready, then obeys what comes over `socket` until its other end is
// closed or `host`, its parent, is gone. Then it kills its runners and returns. Throws what makes it unable to begin.
void serve(int socket, pid_t host, const RunnerExecutable& executable, const std::string& uid_locks);

} // namespace tmon
