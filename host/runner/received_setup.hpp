// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/ring/event_rings.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"

#include <vector>

namespace tmon {

// What a runner has been given, mapped and ready to use.
struct ReceivedSetup {
	RunnerSetup text;
	std::vector<Fd> descriptors; // in the order of SetupFd
	RunnerPageMapping page;
	EventRings rings;

	// Waits for the setup message. Throws std::runtime_error when something else comes, or it is damaged.
	explicit ReceivedSetup(int socket);

	Fd& fd(SetupFd which) { return descriptors[static_cast<std::size_t>(which)]; }

private:
	explicit ReceivedSetup(std::vector<Fd> received);
};

// The content of a file, from its beginning. Throws std::runtime_error.
std::string read_whole(int descriptor);

} // namespace tmon
