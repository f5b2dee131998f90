// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/process.hpp"

#include "host/spawner/credentials.hpp"
#include "host/spawner/protocol.hpp"
#include "host/spawner/serve.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace tmon {

namespace {

void close_all_but(int a, int b) {
	if (a > b)
		std::swap(a, b);
	const auto close_between = [](int first, int last) {
		if (first <= last)
			close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0);
	};
	close_between(3, a - 1);
	close_between(std::max(a + 1, 3), b - 1);
	close_range(static_cast<unsigned>(std::max(b, 2)) + 1, ~0u, 0);
}

void become_spawner(pid_t host, int socket, int executable) {
	prctl(PR_SET_NAME, "tm:spawner");
	// What a terminal sends is for the host; runners are not in its session either.
	setsid();
	for (const int number : {SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM})
		signal(number, SIG_IGN);
	for (const int number : {SIGCHLD, SIGTERM})
		signal(number, SIG_DFL);
	close_all_but(socket, executable);
	keep_spawner_capabilities();
	// What a plugin has started comes to us when its parent dies, so that we reap it.
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot be the one who reaps");
	// SIGTERM and not SIGKILL: runners and what they have started must go first.
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot be tied to the host");
	if (getppid() != host)
		throw std::runtime_error("the host is gone");
}

} // namespace

SpawnerProcess start_spawner_process(const std::string& runner_executable, const std::string& uid_locks) {
	// A runner that cannot be started is said by whoever wants one: there may be no need of any.
	RunnerExecutable executable{Fd(open(runner_executable.c_str(), O_PATH | O_CLOEXEC)), runner_executable, 0};
	if (!executable.file)
		executable.error = errno;
	auto [ours, theirs] = make_packet_sockets();
	const pid_t host = getpid();
	const pid_t pid = fork();
	if (pid < 0)
		throw std::system_error(errno, std::generic_category(), "cannot start the spawner");
	if (pid == 0) {
		try {
			ours.reset();
			become_spawner(host, theirs.get(), executable.file.get());
			serve(theirs.get(), host, executable, uid_locks);
			_exit(0);
		} catch (const std::exception& error) {
			SpawnerMessage unfit;
			unfit.word = SpawnerWord::unfit;
			unfit.text = error.what();
			send(theirs.get(), unfit, {}, 0);
			_exit(1);
		}
	}
	theirs.reset();
	std::optional<Packet> packet = receive_packet(ours.get(), 0);
	const std::optional<SpawnerMessage> answer = packet ? decode_answer(std::move(*packet)) : std::nullopt;
	if (!answer || answer->word != SpawnerWord::ready) {
		ours.reset();
		while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR)
			;
		throw std::runtime_error("cannot start the spawner: " +
		                         (answer ? answer->text : std::string("it died")));
	}
	return {pid, std::move(ours)};
}

} // namespace tmon
