// SPDX-License-Identifier: MIT OR Apache-2.0
//
// plugin-runner: runs one plugin in a process of its own. Started by traffic-monitor only, which passes its
// own pid and leaves the socket at descriptor 3.
#include "host/sandbox/privileges.hpp"
#include "host/runner/runner.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

constexpr int kSocket = 3;

bool is_seqpacket(int descriptor) {
	int type = 0;
	socklen_t size = sizeof type;
	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

} // namespace

int main(int argc, char** argv) {
	if (argc != 2 || !is_seqpacket(kSocket)) {
		std::fputs("plugin-runner is started by traffic-monitor, not by hand\n", stderr);
		return 2;
	}
	const int host_pid = std::atoi(argv[1]);
	// The host ends its runners in order; what a terminal or a service manager sends to all is for the host.
	for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
		signal(number, SIG_IGN);
	tmon::close_other_descriptors(kSocket);
	try {
		tmon::Runner runner(kSocket, [host_pid](const tmon::RunnerSetup& setup) {
			prctl(PR_SET_NAME, ("tm:" + setup.instance).c_str());
			tmon::drop_privileges(setup.uid, host_pid);
		});
		return runner.run();
	} catch (const std::exception& error) {
		std::fprintf(stderr, "plugin-runner: %s\n", error.what());
		tmon::send_message(kSocket, tmon::MessageType::refused, TMON_E_INTERNAL, error.what(), {}, MSG_DONTWAIT);
		return 1;
	}
}
