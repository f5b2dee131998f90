// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/serve.hpp"

#include "host/spawner/credentials.hpp"
#include "host/spawner/open_file.hpp"
#include "host/spawner/protocol.hpp"
#include "host/spawner/runner_uids.hpp"
#include "host/spawner/start_runner.hpp"
#include "traffic_monitor/plugin.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <map>
#include <system_error>

namespace tmon {

namespace {

constexpr std::size_t kMaxRunners = 4096;
constexpr std::chrono::seconds kLongestEnd{1};
constexpr int kEndStepMs = 50;

Fd receive_signals() {
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	Fd descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
	if (!descriptor || sigprocmask(SIG_SETMASK, &signals, nullptr) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot receive signals");
	return descriptor;
}

class Service {
public:
	Service(int socket, pid_t host, const RunnerExecutable& executable, const std::string& uid_locks)
	    : socket_(socket), host_(host), executable_(executable), uids_(uid_locks), signals_(receive_signals()) {}

	void run() {
		SpawnerMessage ready;
		ready.word = SpawnerWord::ready;
		answer(ready);
		while (!finished_) {
			pollfd events[2] = {{socket_, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
			if (poll(events, 2, -1) < 0)
				continue;
			if (events[1].revents != 0)
				take_signals();
			if (events[0].revents != 0)
				take_request();
		}
		end_all();
	}

private:
	struct Running {
		pid_t pid;
		uint32_t uid; // 0: the spawner's own
	};

	void take_request() {
		std::optional<Packet> packet = receive_packet(socket_, MSG_DONTWAIT);
		if (!packet) {
			// What is no packet at all is dropped; anything but that and silence is the end of the host.
			finished_ = finished_ || (errno != EAGAIN && errno != EBADMSG);
			return;
		}
		const std::optional<SpawnerMessage> request = decode_request(std::move(*packet));
		if (!request)
			return;
		if (request->word == SpawnerWord::spawn)
			spawn(*request);
		else if (request->word == SpawnerWord::open)
			open(*request);
		else if (const auto found = runners_.find(request->id); found != runners_.end())
			end(found->second);
	}

	void spawn(const SpawnerMessage& request) {
		SpawnerMessage reply;
		reply.id = request.id;
		try {
			const Running runner = start(request);
			runners_.emplace(request.id, runner);
			reply.word = SpawnerWord::started;
			reply.value = runner.pid;
			reply.uid = runner.uid;
		} catch (const std::exception& error) {
			reply.word = SpawnerWord::failed;
			reply.text = error.what();
		}
		answer(reply);
	}

	Running start(const SpawnerMessage& request) {
		if (runners_.contains(request.id) || runners_.size() >= kMaxRunners)
			throw std::runtime_error("too many runners, or one of this number is there already");
		if (!executable_.file)
			throw std::runtime_error("cannot start " + executable_.name + ": " +
			                         std::strerror(executable_.error));
		const uint32_t uid = geteuid() == 0 ? uids_.take() : 0;
		const std::variant<pid_t, std::string> started =
		    start_runner({executable_.file.get(), executable_.name, request.descriptors[0].get(),
		                  request.descriptors[1].get(), uid});
		if (const std::string* reason = std::get_if<std::string>(&started)) {
			if (uid != 0)
				uids_.give_back(uid);
			throw std::runtime_error(*reason);
		}
		return {std::get<pid_t>(started), uid};
	}

	void open(const SpawnerMessage& request) {
		Opened opened = open_file(request.text, static_cast<uint32_t>(request.value));
		SpawnerMessage reply;
		reply.word = SpawnerWord::opened;
		reply.id = request.id;
		reply.value = opened.status;
		reply.text = std::move(opened.reason);
		if (!opened.descriptor) {
			answer(reply);
			return;
		}
		const int descriptor = opened.descriptor.get();
		if (const int error = send(socket_, reply, {&descriptor, 1}, 0); error != 0) {
			Opened refused = refuse_open(TMON_E_IO, request.text, std::strerror(error));
			reply.value = refused.status;
			reply.text = std::move(refused.reason);
			answer(reply);
		}
	}

	// Of a runner that has not been reaped, so its pid is nobody else's.
	static void end(const Running& runner) {
		kill(runner.pid, SIGKILL);
		end_user(runner);
	}
	static void end_user(const Running& runner) {
		try {
			if (runner.uid != 0)
				kill_all_of(runner.uid);
		} catch (const std::exception& error) {
			std::fprintf(stderr, "spawner: %s\n", error.what());
		}
	}

	// What a plugin has started and left is our child since its parent died. With a user of its own it has been
	// found already; without one, this is how.
	void end_adopted() const {
		std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
		for (pid_t pid; children >> pid;) {
			const bool runs = std::any_of(runners_.begin(), runners_.end(),
			                              [pid](const auto& entry) { return entry.second.pid == pid; });
			if (!runs)
				kill(pid, SIGKILL);
		}
	}

	// The host is gone. Waits until they are dead, but not for one that the kernel does not let die.
	void end_all() {
		for (const auto& [id, runner] : runners_)
			end(runner);
		runners_.clear();
		const auto deadline = std::chrono::steady_clock::now() + kLongestEnd;
		while (std::chrono::steady_clock::now() < deadline) {
			end_adopted();
			pid_t reaped;
			while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0)
				;
			if (reaped < 0)
				return;
			signalfd_siginfo signal;
			pollfd event{signals_.get(), POLLIN, 0};
			if (poll(&event, 1, kEndStepMs) > 0)
				while (read(signals_.get(), &signal, sizeof signal) > 0)
					;
		}
	}

	void take_signals() {
		signalfd_siginfo signal;
		while (read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
			// A service manager sends it to everybody; it is for us when it says that the host has died.
			if (signal.ssi_signo == SIGTERM && getppid() != host_)
				finished_ = true;
		}
		int status = 0;
		for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
			note_end(pid, status);
	}

	void note_end(pid_t pid, int status) {
		for (auto at = runners_.begin(); at != runners_.end(); ++at) {
			if (at->second.pid != pid)
				continue;
			SpawnerMessage ended;
			ended.word = SpawnerWord::ended;
			ended.id = at->first;
			ended.value = status;
			end_user(at->second);
			if (at->second.uid != 0)
				uids_.give_back(at->second.uid);
			runners_.erase(at);
			if (geteuid() != 0)
				end_adopted();
			answer(ended);
			return;
		}
		// One of those that a plugin has started and left; now its own children are ours.
		if (geteuid() != 0)
			end_adopted();
	}

	// Waits for the host to read, which it always does; when it cannot any more, its death comes as an error here.
	void answer(const SpawnerMessage& message) {
		if (const int error = send(socket_, message, {}, 0); error == EPIPE || error == ECONNRESET)
			finished_ = true;
	}

	int socket_;
	pid_t host_;
	const RunnerExecutable& executable_;
	RunnerUids uids_;
	Fd signals_;
	std::map<uint64_t, Running> runners_;
	bool finished_ = false;
};

} // namespace

void serve(int socket, pid_t host, const RunnerExecutable& executable, const std::string& uid_locks) {
	Service(socket, host, executable, uid_locks).run();
}

} // namespace tmon
