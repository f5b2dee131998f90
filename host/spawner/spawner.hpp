// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/spawner/open_file.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace boost::asio {
class io_context;
}

namespace tmon {

// How a runner has ended.
struct SpawnedEnd {
	bool killed_by_signal = false;
	int code = 0; // the signal, or the exit status
	bool core_dumped = false;

	std::string how() const; // "exited with status 3", "was ended by SIGSEGV"
};

// The host's end of the spawner: a process that has been forked from the host at its very start, and starts, kills and
// reaps runners, and opens files for plugins, with what the host itself has given up since. It dies with the host, its
// runners and all they have started die with it.
//
// Belongs to one thread, that of the io_context once there is one. Callbacks run in the loop, never from within a call;
// they may call the spawner, and destroy it. Requests are obeyed in order. Nothing here waits for the spawner but start
// and the destructor.
class Spawner {
public:
	using Id = uint64_t; // of a runner; none is used twice
	struct Started {
		pid_t pid = 0;    // for messages: the runner is the spawner's child and is reaped by it
		uint32_t uid = 0; // which nobody else has; 0: the host's own user, because the host is not root
	};

	// Forks the spawner. The runner is the file that has this name now; if it has none, each spawn fails with that
	// reason. There must be no other thread yet, and this one must live as long as the process. Throws
	// std::system_error or std::runtime_error.
	static Spawner start(const std::string& runner_executable);

	// Ends the spawner with all its runners, and waits for that; no callback is called any more.
	~Spawner();
	Spawner(Spawner&&) noexcept;
	Spawner& operator=(Spawner&&) noexcept;

	pid_t pid() const; // of the spawner, for messages

	// Once, before everything below. The io_context outlives the spawner.
	void attach(boost::asio::io_context& io);

	// Starts a runner with `socket` at descriptor 3 and `output` as its standard output and error. Both are
	// duplicated: the caller may close its own when this returns. `on_started` gets what was started, or why
	// nothing was; after the former, `on_end` is called once, when the runner has ended.
	Id spawn(int socket, int output, std::function<void(const std::variant<Started, std::string>&)> on_started,
	         std::function<void(const SpawnedEnd&)> on_end);

	// SIGKILL to the runner and, when it has a user of its own, to everything that runs as that user. Nothing when
	// it has ended.
	void kill(Id id);

	// Opens a file with the rights that the host was started with; see open_file. Whether the plugin may have it is
	// for the caller to know.
	void open(const std::string& path, uint32_t mode, std::function<void(Opened)> done);

	// `callback` is called once if the spawner dies on its own. Before it, every runner is reported as killed, or
	// as not started, and every file as not opened; so is all that is asked afterwards.
	void on_lost(std::function<void()> callback);

private:
	class Connection;
	explicit Spawner(std::shared_ptr<Connection> connection);
	std::shared_ptr<Connection> connection_; // shared with the handlers that wait in the loop
};

} // namespace tmon
