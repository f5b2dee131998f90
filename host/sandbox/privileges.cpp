// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sandbox/privileges.hpp"

#include <cap-ng.h>
#include <unistd.h>

#include <stdexcept>

namespace tmon {

void require_no_privileges() {
	if (getuid() == 0 || geteuid() == 0)
		throw std::runtime_error("it must not run as root");
	if (capng_get_caps_process() != 0 || capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		throw std::runtime_error("it has been started with capabilities");
}

void close_other_descriptors(int keep) {
	if (keep > 3)
		close_range(3, static_cast<unsigned>(keep) - 1, 0);
	close_range(static_cast<unsigned>(keep) + 1, ~0u, 0);
}

} // namespace tmon
