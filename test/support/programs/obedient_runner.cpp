// SPDX-License-Identifier: MIT OR Apache-2.0
//
// In the place of plugin-runner: does what the packets on descriptor 3 say, and answers each with one. It stays when
// the other end is closed.
#include "host/system/packet_socket.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

constexpr int kSocket = 3;

std::string open_descriptors() {
	std::string numbers;
	DIR* directory = opendir("/proc/self/fd");
	while (const dirent* entry = readdir(directory)) {
		if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != dirfd(directory))
			numbers += std::string(entry->d_name) + " ";
	}
	closedir(directory);
	return numbers;
}

// A process that is nobody's child: its pid.
std::string leave_process() {
	int ends[2];
	if (pipe(ends) != 0)
		return "no pipe";
	if (fork() == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		signal(SIGTERM, SIG_IGN);
		const std::string pid = std::to_string(getpid());
		if (write(ends[1], pid.data(), pid.size()) > 0)
			while (true)
				pause();
		_exit(1);
	}
	char text[32] = {};
	const ssize_t size = read(ends[0], text, sizeof text - 1);
	return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
}

std::string obey(const std::string& order, int count, char** arguments) {
	std::istringstream words(order);
	std::string what;
	int number = 0;
	words >> what >> number;
	if (what == "exit")
		_exit(number);
	if (what == "signal") {
		signal(number, SIG_DFL); // a sanitizer takes some
		kill(getpid(), number);
		return "alive";
	}
	if (what == "status") {
		std::ostringstream text;
		text << std::ifstream("/proc/self/status").rdbuf();
		return text.str();
	}
	if (what == "descriptors")
		return open_descriptors();
	if (what == "arguments")
		return std::to_string(count) + " " + arguments[0] + " " + (count > 1 ? arguments[1] : "");
	if (what == "surroundings") {
		char directory[4096];
		int when_parent_dies = 0;
		prctl(PR_GET_PDEATHSIG, &when_parent_dies);
		const unsigned mask = umask(0);
		return std::string(getcwd(directory, sizeof directory)) + " " + std::to_string(mask) + " " +
		       std::to_string(when_parent_dies);
	}
	if (what == "environment") {
		std::string text;
		for (char** variable = environ; *variable; ++variable)
			text += std::string(*variable) + "\n";
		return text;
	}
	if (what == "say") {
		std::puts("said");
		std::fflush(stdout);
		return "done";
	}
	if (what == "leave")
		return leave_process();
	return "unknown order";
}

} // namespace

int main(int count, char** arguments) {
	while (std::optional<tmon::Packet> order = tmon::receive_packet(kSocket, 0))
		tmon::send_packet(kSocket, obey(order->bytes, count, arguments), {}, {}, 0);
	while (true)
		pause();
}
