// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/control/control.hpp"
#include "host/control/socket_file.hpp"
#include "host/diagnostics/line_budget.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>

namespace tmon {

// What clients may do. They never make the loop wait, and one turn of it does one request of one client.
struct ControlLimits {
	std::size_t line = 64 * 1024;  // bytes, without the line break
	std::size_t clients = 32;
	std::size_t others = 24;       // of them, those that are neither root nor the user of the run
	// Requests at once, and then a second: of one client, of all. Who is faster waits.
	uint32_t at_once = 100, per_second = 200;
	uint32_t at_once_all = 500, per_second_all = 1000;
	uint32_t connections_per_second = 200;
	std::chrono::milliseconds idle{60'000};  // without a request
	std::chrono::milliseconds half{10'000};  // from the first byte of a line to its end
	std::chrono::milliseconds unread{10'000}; // an answer that is not read
};

// The control socket of a run: lines of JSON, answered in their order. Whoever may write to the socket's file (mode 0660) may
// ask. Changes are logged with user and process of who asked. Lives on the thread that runs the io_context.
class ControlServer {
public:
	// Listens from here on. `target` outlives the server. Throws std::runtime_error that says what to do.
	ControlServer(boost::asio::io_context& io, const std::string& path, ControlTarget& target, ControlLimits limits = {});
	// Closes all connections; nothing is answered any more.
	~ControlServer();
	ControlServer(const ControlServer&) = delete;
	ControlServer& operator=(const ControlServer&) = delete;

	const std::string& path() const noexcept { return file_.path(); }
	std::size_t clients() const noexcept { return clients_.size(); }

private:
	class Client;
	using Socket = boost::asio::local::stream_protocol::socket;

	void accept();
	void take(Socket socket);
	void pause();
	void forget(const std::shared_ptr<Client>& client);
	bool may_go_on(); // within what all clients may ask
	void note(const Asker& asker, const std::string& change, bool refused);

	ControlTarget& target_;
	const ControlLimits limits_;
	SocketFile file_;
	boost::asio::local::stream_protocol::acceptor acceptor_;
	boost::asio::steady_timer pause_;
	std::set<std::shared_ptr<Client>> clients_;
	LineBudget requests_, connections_, refusals_shown_;
	bool said_full_ = false;
	std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true); // for callbacks that are under way when it goes
};

} // namespace tmon
