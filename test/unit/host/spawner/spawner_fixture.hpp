// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A real spawner with test/support/programs/obedient_runner.cpp as its runner.
#pragma once

#include "host/spawner/spawner.hpp"
#include "host/system/packet_socket.hpp"
#include "test/support/process.hpp"

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <variant>

namespace tmon::test {

inline std::string obedient_runner() { return std::string(TMON_TEST_PROGRAMS) + "/obedient-runner"; }

// One line of a /proc/PID/status text.
inline std::string status_line(const std::string& status, const std::string& key) {
	std::istringstream lines(status);
	for (std::string line; std::getline(lines, line);) {
		if (line.starts_with(key + ":")) {
			line.erase(0, key.size() + 1);
			return line.erase(0, line.find_first_not_of(" \t"));
		}
	}
	return {};
}
inline std::string status_of(pid_t pid, const std::string& key) {
	return status_line(read_file("/proc/" + std::to_string(pid) + "/status"), key);
}
// Also when nobody has reaped it yet.
inline bool is_dead(pid_t pid) {
	const std::string state = status_of(pid, "State");
	return state.empty() || state.starts_with("Z") || state.starts_with("X");
}

// The test's end of a runner.
struct Ends {
	Fd socket, output;

	// The runner's answer; throws when there is none.
	std::string ask(const std::string& order) const {
		send_packet(socket.get(), order, {}, {}, 0);
		pollfd wait{socket.get(), POLLIN, 0};
		if (poll(&wait, 1, 20'000) <= 0)
			throw std::runtime_error("the runner does not answer");
		std::optional<Packet> answer = receive_packet(socket.get(), 0);
		if (!answer)
			throw std::runtime_error("the runner is gone");
		return answer->bytes;
	}
	void tell(const std::string& order) const { send_packet(socket.get(), order, {}, {}, 0); }
};

struct SpawnedRunner : Ends {
	Spawner::Id id = 0;
	std::optional<std::variant<Spawner::Started, std::string>> started;
	std::optional<SpawnedEnd> ended;
	int starts = 0, ends = 0;

	pid_t pid() const { return std::get<Spawner::Started>(started.value()).pid; }
	uint32_t uid() const { return std::get<Spawner::Started>(started.value()).uid; }
	std::string refusal() const { return std::get<std::string>(started.value()); }
};

class SpawnerFixture {
public:
	explicit SpawnerFixture(const std::string& executable = obedient_runner())
	    : spawner(Spawner::start(executable)) {
		spawner.attach(io);
	}

	void request(SpawnedRunner& runner) {
		auto [ours, theirs] = make_packet_sockets();
		int pipe_ends[2];
		if (pipe2(pipe_ends, O_CLOEXEC) != 0)
			throw std::runtime_error("no pipe");
		runner.socket = std::move(ours);
		runner.output = Fd(pipe_ends[0]);
		const Fd output(pipe_ends[1]);
		runner.id = spawner.spawn(
		    theirs.get(), output.get(),
		    [&runner](const auto& started) {
			    runner.started = started;
			    ++runner.starts;
		    },
		    [&runner](const SpawnedEnd& end) {
			    runner.ended = end;
			    ++runner.ends;
		    });
	}
	void spawn(SpawnedRunner& runner) {
		request(runner);
		if (!run_until([&] { return runner.started.has_value(); }))
			throw std::runtime_error("no answer to spawn");
	}
	bool run_until_ended(SpawnedRunner& runner) {
		return run_until([&] { return runner.ended.has_value(); });
	}
	template <class Done>
	bool run_until(Done done) {
		const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
		while (!done()) {
			if (std::chrono::steady_clock::now() > deadline)
				return false;
			io.restart();
			io.run_one_for(std::chrono::milliseconds(100));
		}
		return true;
	}
	Opened open(const std::string& path, uint32_t mode) {
		std::optional<Opened> result;
		spawner.open(path, mode, [&](Opened opened) { result = std::move(opened); });
		if (!run_until([&] { return result.has_value(); }))
			throw std::runtime_error("no answer to open");
		return std::move(*result);
	}

	boost::asio::io_context io{1};
	Spawner spawner;
};

} // namespace tmon::test
