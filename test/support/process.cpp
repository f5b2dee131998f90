// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/process.hpp"

#include <cerrno>
#include <csignal>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace tmon::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
	std::vector<char*> result;
	for (std::string& text : texts)
		result.push_back(text.data());
	result.push_back(nullptr);
	return result;
}

// In the child, between fork and exec: only async-signal-safe calls.
int become(char* const* argv, char* const* environment, const char* directory, const char* out, const char* err,
	   pid_t parent) {
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1); // died before the line above
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, nullptr);
	for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGALRM, SIGHUP, SIGQUIT})
		std::signal(number, SIG_DFL);
	constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	const int in_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int out_fd = open(out, flags, 0600);
	const int err_fd = open(err, flags, 0600);
	if (in_fd < 0 || out_fd < 0 || err_fd < 0 || dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0)
		return errno;
	if (directory[0] != '\0' && chdir(directory) != 0)
		return errno;
	execvpe(argv[0], argv, environment);
	return errno;
}

} // namespace

Process::Process(std::vector<std::string> argv, ProcessOptions options) {
	const std::string name = argv.at(0);
	if (!options.network_namespace.empty()) {
		// Not by setns alone: `ip` mounts the namespace's own /sys too, and then becomes the program.
		const std::vector<std::string> prefix = {"ip", "netns", "exec", options.network_namespace};
		argv.insert(argv.begin(), prefix.begin(), prefix.end());
	}
	for (char** entry = environ; *entry != nullptr; ++entry)
		options.environment.emplace_back(*entry); // the first of equal names counts
	const auto argv_pointers = pointers(argv);
	const auto environment_pointers = pointers(options.environment);
	const std::string directory = options.working_directory.string();
	const std::string out = (files_ / "stdout").string();
	const std::string err = (files_ / "stderr").string();

	int report[2]; // closed by a successful exec, else it carries errno
	if (pipe2(report, O_CLOEXEC) != 0)
		throw std::system_error(errno, std::generic_category(), "pipe2");
	const pid_t parent = getpid();
	pid_ = fork();
	if (pid_ == 0) {
		const int error = become(argv_pointers.data(), environment_pointers.data(), directory.c_str(),
					 out.c_str(), err.c_str(), parent);
		[[maybe_unused]] const auto written = write(report[1], &error, sizeof error);
		_exit(127);
	}
	const int fork_error = errno;
	close(report[1]);
	int error = 0;
	const bool failed = pid_ > 0 && read(report[0], &error, sizeof error) == sizeof error;
	close(report[0]);
	if (pid_ < 0)
		throw std::system_error(fork_error, std::generic_category(), "fork");
	if (failed) {
		waitpid(pid_, nullptr, 0);
		throw std::system_error(error, std::generic_category(), "starting " + name);
	}
}

Process::~Process() {
	if (!status_) {
		kill(-pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
}

void Process::signal(int number) const {
	if (!status_)
		kill(pid_, number);
}

std::optional<int> Process::wait(Duration limit) {
	if (status_)
		return status_;
	const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
	if (descriptor < 0)
		throw std::system_error(errno, std::generic_category(), "pidfd_open");
	const auto deadline = std::chrono::steady_clock::now() + limit;
	pollfd ready{descriptor, POLLIN, 0};
	for (;;) {
		const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
		const int count = poll(&ready, 1, static_cast<int>(std::max<Duration::rep>(left.count(), 0)));
		if (count >= 0 || errno != EINTR)
			break;
	}
	close(descriptor);
	if ((ready.revents & POLLIN) == 0)
		return std::nullopt;
	// What it has left behind goes now: once it is waited for, its id may become somebody else's.
	kill(-pid_, SIGKILL);
	int status = 0;
	waitpid(pid_, &status, 0);
	status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	return status_;
}

Finished run(std::vector<std::string> argv, ProcessOptions options, Duration limit) {
	const std::string name = argv.at(0);
	Process process(std::move(argv), std::move(options));
	const auto status = process.wait(limit);
	if (!status)
		throw std::runtime_error(name + " has not ended after " + std::to_string(limit.count()) +
					 " ms; it wrote:\n" + process.output() + process.errors());
	return {*status, process.output(), process.errors()};
}

} // namespace tmon::test
