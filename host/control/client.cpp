// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/client.hpp"

#include "host/config/units.hpp"
#include "host/control/socket_file.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace tmon {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestAnswer = 16u << 20; // bytes

std::string explain(int error, const std::string& path) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return "no traffic-monitor answers at " + path + ": is it running?";
	case EACCES:
	case EPERM:
		return "no permission to use " + path + ": become root, or whoever owns it";
	case ENOTSOCK:
	case EPROTOTYPE:
		return path + " is not a control socket";
	default:
		return "cannot connect to " + path + ": " + std::strerror(error);
	}
}

} // namespace

ControlClient::ControlClient(std::string path, std::chrono::milliseconds limit) : path_(std::move(path)), limit_(limit) {
	const auto deadline = Clock::now() + limit_;
	while (!(socket_ = connect_to_socket(path_))) {
		if (errno != EAGAIN)
			throw ControlError(explain(errno, path_));
		if (Clock::now() >= deadline)
			throw ControlError("traffic-monitor at " + path_ + " takes no connections: it seems to hang");
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
}

void ControlClient::wait(short events, Clock::time_point deadline) const {
	while (true) {
		const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
		pollfd wait{socket_.get(), events, 0};
		const int ready = left.count() <= 0 ? 0 : poll(&wait, 1, static_cast<int>(left.count()));
		if (ready > 0)
			return;
		if (ready == 0)
			throw ControlError("traffic-monitor at " + path_ + " has not answered within " + format_duration(limit_) +
			                   ": it seems to hang");
		if (errno != EINTR)
			throw ControlError("cannot wait for " + path_ + ": " + std::strerror(errno));
	}
}

json::object ControlClient::ask(const json::object& request) {
	const auto deadline = Clock::now() + limit_;
	const std::string line = json::serialize(request) + '\n';
	// What ended the connection may have been said before: so a failure to write is not the last word.
	for (std::size_t at = 0; at < line.size();) {
		const ssize_t sent = send(socket_.get(), line.data() + at, line.size() - at, MSG_NOSIGNAL);
		if (sent >= 0)
			at += static_cast<std::size_t>(sent);
		else if (errno == EAGAIN)
			wait(POLLOUT, deadline);
		else if (errno != EINTR)
			break;
	}
	std::size_t end;
	while ((end = input_.find('\n')) == std::string::npos) {
		char piece[16384];
		const ssize_t got = recv(socket_.get(), piece, sizeof piece, 0);
		if (got > 0)
			input_.append(piece, static_cast<std::size_t>(got));
		else if (got < 0 && errno == EAGAIN)
			wait(POLLIN, deadline);
		else if (got == 0 || errno != EINTR)
			throw ControlError("traffic-monitor at " + path_ + " has ended the connection");
		if (input_.size() > kLongestAnswer)
			throw ControlError("what " + path_ + " says has no end: it is not traffic-monitor");
	}
	boost::system::error_code failed;
	json::value answer = json::parse(std::string_view(input_).substr(0, end), failed);
	input_.erase(0, end + 1);
	if (failed || !answer.is_object() || !answer.as_object().contains("ok") || !answer.as_object()["ok"].is_bool())
		throw ControlError("what answers at " + path_ + " is not traffic-monitor");
	return std::move(answer.as_object());
}

} // namespace tmon
