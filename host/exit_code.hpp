// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

namespace tmon {

// Exit codes of traffic-monitor.
enum ExitCode : int {
	exit_ok = 0,
	exit_runtime = 1,
	exit_usage = 2,
	exit_configuration = 3,
	exit_attach = 4,
};

} // namespace tmon
