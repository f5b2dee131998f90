// SPDX-License-Identifier: MIT OR Apache-2.0
//
// plugin-runner: runs one plugin in a process of its own. Started by traffic-monitor only (host/spawner), as a user without
// rights, with the socket to the host at descriptor 3.
#include "host/runner/runner.hpp"
#include "host/sandbox/privileges.hpp"
#include "host/sandbox/sandbox.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <exception>

namespace {

constexpr int kSocket = 3;

bool is_seqpacket(int descriptor) {
	int type = 0;
	socklen_t size = sizeof type;
	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

} // namespace

int main(int argc, char**) {
	if (argc != 2 || !is_seqpacket(kSocket)) {
		std::fputs("plugin-runner is started by traffic-monitor, not by hand\n", stderr);
		return 2;
	}
	// The host ends its runners in order; what a terminal or a service manager sends to all is for the host.
	for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
		signal(number, SIG_IGN);
	tmon::close_other_descriptors(kSocket);
	try {
		tmon::require_no_privileges();
		tmon::Runner runner(kSocket, [](const tmon::RunnerSetup& setup) {
			prctl(PR_SET_NAME, ("tm:" + setup.instance).c_str());
			std::string missing;
			for (const std::string& what : tmon::enter_sandbox(setup.sandbox).missing)
				missing += (missing.empty() ? "its sandbox is not complete: " : "; ") + what;
			return missing;
		});
		return runner.run();
	} catch (const std::exception& error) {
		std::fprintf(stderr, "plugin-runner: %s\n", error.what());
		tmon::send_message(kSocket, tmon::MessageType::refused, TMON_E_INTERNAL, error.what(), {}, MSG_DONTWAIT);
		return 1;
	}
}
