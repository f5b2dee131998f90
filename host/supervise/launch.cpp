// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/launch.hpp"

#include "host/runner/runner.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace tmon {

namespace {

constexpr int kRunnerSocket = 3;

// The range that systemd keeps for dynamic users too; no distribution gives it to accounts.
constexpr uint32_t kFirstUid = 61184, kLastUid = 65519;

void check(int error, const char* what) {
	if (error != 0)
		throw std::system_error(error, std::generic_category(), what);
}

struct SpawnActions {
	posix_spawn_file_actions_t raw;
	SpawnActions() { posix_spawn_file_actions_init(&raw); }
	~SpawnActions() { posix_spawn_file_actions_destroy(&raw); }
};

struct SpawnAttributes {
	posix_spawnattr_t raw;
	SpawnAttributes() { posix_spawnattr_init(&raw); }
	~SpawnAttributes() { posix_spawnattr_destroy(&raw); }
};

std::set<uint32_t> uids_in_use() {
	std::set<uint32_t> uids;
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
		struct stat status;
		if (stat(entry.path().c_str(), &status) == 0)
			uids.insert(status.st_uid);
	}
	return uids;
}

} // namespace

RunnerProcess launch_process(const std::string& executable, const Fd& socket) {
	int pipe_ends[2];
	check(pipe2(pipe_ends, O_CLOEXEC) == 0 ? 0 : errno, "cannot make a pipe for a runner");
	RunnerProcess process;
	process.output = Fd(pipe_ends[0]);
	check(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno, "cannot make a pipe for a runner");
	const Fd output_end(pipe_ends[1]);

	SpawnActions actions;
	check(posix_spawn_file_actions_addopen(&actions.raw, 0, "/dev/null", O_RDONLY, 0), "cannot prepare a runner");
	check(posix_spawn_file_actions_adddup2(&actions.raw, output_end.get(), 1), "cannot prepare a runner");
	check(posix_spawn_file_actions_adddup2(&actions.raw, output_end.get(), 2), "cannot prepare a runner");
	check(posix_spawn_file_actions_adddup2(&actions.raw, socket.get(), kRunnerSocket), "cannot prepare a runner");
	SpawnAttributes attributes;
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes.raw, &none);
	posix_spawnattr_setflags(&attributes.raw, POSIX_SPAWN_SETSIGMASK);

	std::string host = std::to_string(getpid());
	std::string name = executable;
	char* const arguments[] = {name.data(), host.data(), nullptr};
	check(posix_spawn(&process.pid, executable.c_str(), &actions.raw, &attributes.raw, arguments, environ),
	      ("cannot start " + executable).c_str());
	process.pidfd = Fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
	if (!process.pidfd) {
		const int error = errno;
		kill(process.pid, SIGKILL);
		while (waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR)
			;
		check(error, "cannot watch a runner");
	}
	return process;
}

std::thread launch_thread(Fd socket) {
	return std::thread([socket = std::move(socket)]() mutable {
		try {
			Runner runner(socket.get(), [](const RunnerSetup&) {});
			runner.run();
		} catch (const std::exception& error) {
			send_message(socket.get(), MessageType::refused, TMON_E_INTERNAL, error.what(), {}, MSG_DONTWAIT);
		}
	});
}

uint32_t choose_runner_uid() {
	if (geteuid() != 0)
		return 0;
	static const std::set<uint32_t> taken = uids_in_use();
	static uint32_t next = kFirstUid + static_cast<uint32_t>(getpid()) % (kLastUid - kFirstUid);
	for (uint32_t tried = 0; tried <= kLastUid - kFirstUid; ++tried) {
		const uint32_t uid = next;
		next = next == kLastUid ? kFirstUid : next + 1;
		if (!taken.contains(uid) && getpwuid(uid) == nullptr)
			return uid;
	}
	throw std::runtime_error("no unprivileged user id is left for a runner");
}

} // namespace tmon
