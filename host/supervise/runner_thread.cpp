// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/runner_thread.hpp"

#include "host/runner/runner.hpp"

#include <sys/socket.h>

namespace tmon {

std::thread start_runner_thread(Fd socket) {
	return std::thread([socket = std::move(socket)]() mutable {
		try {
			Runner runner(socket.get(), [](const RunnerSetup&) { return std::string(); });
			runner.run();
		} catch (const std::exception& error) {
			send_message(socket.get(), MessageType::refused, TMON_E_INTERNAL, error.what(), {}, MSG_DONTWAIT);
		}
	});
}

} // namespace tmon
