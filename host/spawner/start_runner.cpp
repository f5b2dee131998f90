// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/start_runner.hpp"

#include "host/spawner/credentials.hpp"
#include "host/system/fd.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace tmon {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

// Above all numbers that descriptors are about to be put at.
int out_of_the_way(int descriptor) {
	const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 2 * (kRunnerSocket + 1));
	if (copy < 0)
		fail("cannot arrange descriptors");
	return copy;
}

void put_at(int descriptor, int number) {
	if (dup2(descriptor, number) < 0)
		fail("cannot arrange descriptors");
}

void arrange_descriptors(int socket, int output) {
	Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
	if (!nothing)
		fail("cannot open /dev/null");
	const int input = out_of_the_way(nothing.get());
	nothing.reset(); // it may have one of the numbers below
	put_at(input, 0);
	put_at(output, 1);
	put_at(output, 2);
	put_at(socket, kRunnerSocket);
	if (close_range(kRunnerSocket + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
		fail("cannot close descriptors");
}

void reset_signals() {
	for (int number = 1; number <= SIGRTMAX; ++number)
		signal(number, SIG_DFL); // some cannot be changed
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What a program needs of an environment. The rest is the administrator's: tokens, say, that a plugin could read.
std::vector<char*> environment_of_runner() {
	constexpr std::string_view kept[] = {"PATH=", "LANG=",     "LANGUAGE=",     "LC_",           "TZ=",          "TERM=",
	                                     "LD_",   "NO_COLOR=", "ASAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=", "UBSAN_OPTIONS="};
	std::vector<char*> variables;
	for (char** variable = environ; variable && *variable; ++variable) {
		const std::string_view text(*variable);
		if (std::any_of(std::begin(kept), std::end(kept), [&](std::string_view name) { return text.starts_with(name); }))
			variables.push_back(*variable);
	}
	variables.push_back(nullptr);
	return variables;
}

[[noreturn]] void become_runner(const RunnerStart& start, pid_t parent, int socket, int output, int executable) {
	arrange_descriptors(socket, output);
	if (start.uid != 0)
		become_user(start.uid);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail("cannot forbid new privileges");
	// After the change of user, which resets it. The parent may have died before.
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		fail("cannot be tied to the spawner");
	if (getppid() != parent)
		throw std::runtime_error("the spawner is gone");
	umask(077);
	if (chdir("/") != 0)
		fail("cannot leave the working directory");
	reset_signals();
	std::string name = start.name, pid = std::to_string(parent);
	char* const arguments[] = {name.data(), pid.data(), nullptr};
	syscall(SYS_execveat, executable, "", arguments, environment_of_runner().data(), AT_EMPTY_PATH);
	fail("cannot execute it");
}

// All that comes until the other end is closed, which exec does, too.
std::string read_report(int pipe) {
	std::string text;
	char bytes[512];
	while (true) {
		const ssize_t size = read(pipe, bytes, sizeof bytes);
		if (size > 0)
			text.append(bytes, static_cast<std::size_t>(size));
		else if (size == 0 || errno != EINTR)
			return text;
	}
}

} // namespace

std::variant<pid_t, std::string> start_runner(const RunnerStart& start) {
	const std::string cannot = "cannot start " + start.name + ": ";
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return cannot + std::strerror(errno);
	const Fd report(ends[0]);
	Fd reporter(ends[1]);
	const pid_t parent = getpid();
	const pid_t child = fork();
	if (child < 0)
		return cannot + std::strerror(errno);
	if (child == 0) {
		int say = reporter.get();
		try {
			say = out_of_the_way(say);
			const int socket = out_of_the_way(start.socket), output = out_of_the_way(start.output);
			become_runner(start, parent, socket, output, out_of_the_way(start.executable));
		} catch (const std::exception& error) {
			[[maybe_unused]] const ssize_t written = write(say, error.what(), std::strlen(error.what()));
		}
		_exit(127);
	}
	reporter.reset();
	const std::string reason = read_report(report.get());
	if (reason.empty())
		return child;
	while (waitpid(child, nullptr, 0) < 0 && errno == EINTR)
		;
	return cannot + reason;
}

} // namespace tmon
