// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <thread>

namespace tmon {

// Runs a plugin in a thread of the host: the loop of a plugin-runner without its sandbox. The thread ends after the
// host has said finish, or has closed its end of the socket.
std::thread start_runner_thread(Fd socket);

} // namespace tmon
