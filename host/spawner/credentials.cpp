// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/credentials.hpp"

#include <cap-ng.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

namespace tmon {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

void drop_all_capabilities() {
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		fail("cannot drop the capabilities");
	if (capng_get_caps_process() != 0 || capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		throw std::runtime_error("capabilities are left after dropping them");
}

} // namespace

void keep_spawner_capabilities() {
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail("cannot forbid new privileges");
	if (geteuid() != 0) {
		drop_all_capabilities();
		return;
	}
	constexpr unsigned kept[] = {CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_DAC_OVERRIDE, CAP_FOWNER};
	capng_get_caps_process();
	for (const unsigned capability : kept) {
		if (!capng_have_capability(CAPNG_PERMITTED, capability))
			throw std::runtime_error(std::string("starting plugins as root needs the capability ") +
			                         capng_capability_to_name(capability) +
			                         ", which root does not have here");
	}
	capng_clear(CAPNG_SELECT_ALL);
	for (const unsigned capability : kept)
		capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), capability);
	if (const int result = capng_apply(CAPNG_SELECT_ALL); result < 0)
		throw std::runtime_error("cannot give up capabilities (step " + std::to_string(-result) +
		                         "); emptying the bounding set needs CAP_SETPCAP");
}

void become_user(uint32_t uid) {
	if (uid == 0)
		throw std::runtime_error("refusing to run a plugin as root");
	if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
		fail("cannot become user " + std::to_string(uid));
	// The kernel has done that already, unless somebody has set securebits.
	drop_all_capabilities();
	uid_t real, effective, saved;
	if (getresuid(&real, &effective, &saved) != 0 || real != uid || effective != uid || saved != uid)
		throw std::runtime_error("did not become user " + std::to_string(uid));
}

bool anyone_runs_as(uint32_t uid) {
	// Unlike /proc this shows the processes of others wherever it is asked.
	errno = 0;
	return getpriority(PRIO_USER, uid) != -1 || errno != ESRCH;
}

void kill_all_of(uint32_t uid) {
	if (!anyone_runs_as(uid))
		return;
	const pid_t killer = fork();
	if (killer < 0)
		fail("cannot end the processes of user " + std::to_string(uid));
	if (killer == 0) {
		try {
			// Without a capability, -1 means whom this user may signal: its own processes.
			become_user(uid);
			kill(-1, SIGKILL);
			_exit(0);
		} catch (const std::exception&) {
			_exit(1);
		}
	}
	int status = 0;
	while (waitpid(killer, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		throw std::runtime_error("cannot end the processes of user " + std::to_string(uid));
}

} // namespace tmon
