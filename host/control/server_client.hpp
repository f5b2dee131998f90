// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/control/control_server.hpp"

#include <memory>
#include <string>

namespace tmon {

// One connection. It has one request under way: the next is looked at once the answer to the one before has been written, so
// what a client does not read is bounded by one answer.
class ControlServer::Client : public std::enable_shared_from_this<ControlServer::Client> {
public:
	Client(ControlServer& server, Socket socket, const Asker& asker);

	void start();
	void turn_away(); // with a word, if it is read at once
	// Nothing happens any more from here on. The server may be gone then.
	void close();
	bool is_privileged() const noexcept { return privileged_; }

private:
	void read();
	void next();    // looks for a line in what has been read
	void perform(); // that line, when its time has come
	void write(std::string text, bool last);
	void end();
	void set_deadline(std::chrono::milliseconds limit);

	ControlServer* server_; // null once closed
	const ControlLimits& limits_;
	Socket socket_;
	boost::asio::steady_timer deadline_, pacing_;
	const Asker asker_;
	const bool privileged_;
	LineBudget budget_;
	std::string input_, output_;
	std::size_t searched_ = 0; // bytes of input_ without a line break
	bool half_ = false;        // part of a line is there, and its time runs
	char piece_[4096];
};

} // namespace tmon
