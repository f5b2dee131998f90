// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/temp_dir.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace tmon::test {

using Duration = std::chrono::milliseconds;

struct ProcessOptions {
	std::string network_namespace = {}; // name of one in /run/netns; empty: the caller's
	std::vector<std::string> environment = {}; // "NAME=value", added to the caller's
	std::filesystem::path working_directory = {}; // empty: the caller's
};

// A running program. What it writes goes to files, so that it never waits for a reader. It is killed, with
// all it has started in its process group, when this object goes; it alone also when the thread that has
// made it ends.
class Process {
public:
	// argv[0] is looked up in PATH. Throws std::system_error when it cannot be started; inside a network
	// namespace that shows as exit status 255 instead.
	explicit Process(std::vector<std::string> argv, ProcessOptions options = {});
	~Process();
	Process(const Process&) = delete;
	Process& operator=(const Process&) = delete;

	pid_t pid() const { return pid_; }

	void signal(int number) const; // nothing when it has ended

	// Its exit status, or minus the signal that ended it; nothing when it still runs after `limit`.
	std::optional<int> wait(Duration limit);
	bool running() { return !wait(Duration(0)); }

	// What it has written up to now.
	std::string output() const { return read_file(files_ / "stdout"); }
	std::string errors() const { return read_file(files_ / "stderr"); }

private:
	TempDir files_;
	pid_t pid_ = -1;
	std::optional<int> status_;
};

struct Finished {
	int status = 0; // as Process::wait
	std::string output;
	std::string errors;
};

// Runs a program to its end; throws std::runtime_error when it is not there after `limit`.
Finished run(std::vector<std::string> argv, ProcessOptions options = {}, Duration limit = std::chrono::seconds(30));

// Whether `condition` became true within `limit`.
template <class Condition>
bool eventually(Condition condition, Duration limit = std::chrono::seconds(5)) {
	const auto deadline = std::chrono::steady_clock::now() + limit;
	while (!condition()) {
		if (std::chrono::steady_clock::now() >= deadline)
			return condition();
		std::this_thread::sleep_for(std::chrono::milliseconds(2));
	}
	return true;
}

} // namespace tmon::test
