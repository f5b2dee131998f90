// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sandbox/privileges.hpp"

#include <cap-ng.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace tmon {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

} // namespace

void drop_privileges(uint32_t uid, int host_pid) {
	capng_clear(CAPNG_SELECT_ALL);
	if (uid != 0) {
		const auto id = static_cast<int>(uid);
		if (const int result =
		        capng_change_id(id, id, static_cast<capng_flags_t>(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING));
		    result < 0)
			fail("cannot become user " + std::to_string(uid) + " (step " + std::to_string(-result) + ")");
	} else if (capng_apply(CAPNG_SELECT_CAPS) < 0) {
		fail("cannot drop the capabilities");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail("cannot forbid new privileges");
	// After the change of user, which resets it. The host may have died before.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		fail("cannot be tied to the host");
	if (getppid() != host_pid)
		throw std::runtime_error("the host is gone");
	if (capng_get_caps_process() != 0 || capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		throw std::runtime_error("capabilities are left after dropping them");
}

void close_other_descriptors(int keep) {
	if (keep > 3)
		close_range(3, static_cast<unsigned>(keep) - 1, 0);
	close_range(static_cast<unsigned>(keep) + 1, ~0u, 0);
}

} // namespace tmon
