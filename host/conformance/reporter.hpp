// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/verdict.hpp"
#include "host/runner/message.hpp"

#include <mutex>
#include <set>
#include <string>

namespace tmon {

// Tells the host what has been found, each thing once. [any-thread]
class Reporter {
public:
	explicit Reporter(int socket) : socket_(socket) {}

	// Said first, so that it is known should the plugin die of it.
	void step(const std::string& what) {
		const std::lock_guard lock(mutex_);
		step_ = what;
		send_message(socket_, MessageType::step, 0, what, {}, 0);
	}
	void fail(const std::string& what) { say(Outcome::fail, what); }
	void note(const std::string& what) { say(Outcome::note, what); }

private:
	void say(Outcome outcome, const std::string& what) {
		const std::lock_guard lock(mutex_);
		if (!said_.insert(what).second || said_.size() > kMost)
			return;
		const std::string where = step_.empty() ? "" : " (" + step_ + ")";
		send_message(socket_, MessageType::finding, static_cast<int32_t>(outcome), (what + where).substr(0, kMaxMessage / 2), {}, 0);
	}

	static constexpr std::size_t kMost = 20;
	const int socket_;
	std::mutex mutex_;
	std::string step_;
	std::set<std::string> said_;
};

} // namespace tmon
