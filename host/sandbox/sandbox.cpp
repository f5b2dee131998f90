// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sandbox/sandbox.hpp"

#include "host/sandbox/landlock.hpp"
#include "host/sandbox/limits.hpp"
#include "host/sandbox/syscalls.hpp"

#include <sys/prctl.h>

#include <cerrno>
#include <system_error>

namespace {

bool entered = false;

} // namespace

// The leak sanitizer asks at exit. It looks for leaks with clone and ptrace, which the sandbox denies, and would take
// that for an error of the program.
extern "C" [[gnu::visibility("default")]] int __lsan_is_turned_off() { return entered ? 1 : 0; }

namespace tmon {

SandboxReport enter_sandbox(const SandboxRules& rules) {
	SandboxReport report;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot forbid new privileges");
	set_limits(rules);
	if (!rules.own_user)
		report.missing.emplace_back("the limit of threads: the process shares its user with others");
	report.landlock_abi = restrict_files(rules);
	if (report.landlock_abi == 0)
		report.missing.emplace_back(
		    "access to files by path: the kernel has no Landlock, or it is switched off; the "
		    "permissions of the process's user are all that protects them");
	else if (report.landlock_abi < kLandlockTruncate && !rules.own_user)
		report.missing.emplace_back(
		    "truncating files that the process's user may write: Landlock learnt that in Linux 6.2");
	// Last: from here on, nothing of the above could be done any more.
	restrict_system_calls(rules, report.landlock_abi);
	entered = true;
	return report;
}

} // namespace tmon
