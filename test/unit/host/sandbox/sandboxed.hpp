// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Tries something in a process that has entered the sandbox.
#pragma once

#include "host/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <utility>

namespace tmon::test {

// A user that no account has; below those that runners get.
constexpr uid_t kSomeUser = 61111;

inline void become(uid_t uid) {
	if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
		throw std::runtime_error("cannot change the user");
}

constexpr int kThrew = 255;

// The exit status of a child that has run `attempt`, which returns it: 0 or an errno by convention, kThrew when it
// threw; or minus the signal that ended the child.
template <class Attempt>
int in_child(Attempt attempt) {
	const pid_t child = fork();
	if (child < 0)
		throw std::runtime_error("cannot fork");
	if (child == 0) {
		int status = kThrew;
		try {
			status = attempt();
		} catch (const std::exception& error) {
			std::fprintf(stderr, "in the child: %s\n", error.what());
		}
		_exit(status);
	}
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// The same in the sandbox; as a user of its own where the rules say so.
template <class Attempt>
int in_sandbox(const SandboxRules& rules, Attempt attempt) {
	return in_child([&] {
		if (rules.own_user)
			become(kSomeUser);
		enter_sandbox(rules);
		return attempt();
	});
}

// What a system call has returned, as an attempt's result.
inline int errno_of(long result) { return result < 0 ? errno : 0; }

inline int try_open(const char* path, int flags) {
	const int fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? errno : (close(fd), 0);
}

} // namespace tmon::test
