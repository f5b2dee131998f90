// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/server_client.hpp"

#include "host/control/commands.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr auto kPace = 10ms; // between two looks whether a client that was too fast may go on

} // namespace

ControlServer::Client::Client(ControlServer& server, Socket socket, const Asker& asker)
    : server_(&server), limits_(server.limits_), socket_(std::move(socket)), deadline_(socket_.get_executor()),
      pacing_(socket_.get_executor()), asker_(asker), privileged_(asker.uid == 0 || asker.uid == geteuid()),
      budget_(server.limits_.at_once, server.limits_.per_second) {}

void ControlServer::Client::start() {
	set_deadline(limits_.idle);
	read();
}

void ControlServer::Client::turn_away() {
	const std::string line = error_line("too many clients are connected: try again later");
	(void)!::send(socket_.native_handle(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
	close();
}

void ControlServer::Client::close() {
	server_ = nullptr;
	boost::system::error_code ignored;
	socket_.close(ignored);
	deadline_.cancel();
	pacing_.cancel();
}

void ControlServer::Client::end() {
	if (ControlServer* const server = server_) {
		const auto self = shared_from_this();
		close();
		server->forget(self);
	}
}

void ControlServer::Client::set_deadline(std::chrono::milliseconds limit) {
	deadline_.expires_after(limit);
	deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
		// Not one that had run out just when it was put off.
		if (!failed && self->deadline_.expiry() <= std::chrono::steady_clock::now())
			self->end();
	});
}

void ControlServer::Client::read() {
	socket_.async_read_some(boost::asio::buffer(piece_),
	                        [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
		                        if (self->server_ == nullptr)
			                        return;
		                        if (failed) {
			                        self->end();
			                        return;
		                        }
		                        self->input_.append(self->piece_, size);
		                        self->next();
	                        });
}

void ControlServer::Client::next() {
	const std::size_t line_break = input_.find('\n', searched_);
	searched_ = line_break == std::string::npos ? input_.size() : line_break;
	if (searched_ > limits_.line) {
		write(error_line("the line is longer than " + std::to_string(limits_.line) + " bytes: the connection ends here"), true);
		return;
	}
	if (line_break != std::string::npos) {
		half_ = false;
		set_deadline(limits_.idle);
		perform();
		return;
	}
	if (const bool half = !input_.empty(); half != half_) {
		half_ = half;
		set_deadline(half ? limits_.half : limits_.idle);
	}
	read();
}

void ControlServer::Client::perform() {
	if (!budget_.take(std::chrono::steady_clock::now()) || !server_->may_go_on()) {
		pacing_.expires_after(kPace);
		pacing_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
			if (!failed && self->server_ != nullptr)
				self->perform();
		});
		return;
	}
	const Answer answer = answer_request(std::string_view(input_).substr(0, searched_), server_->target_, asker_);
	input_.erase(0, searched_ + 1);
	searched_ = 0;
	if (!answer.change.empty())
		server_->note(asker_, answer.change, answer.refused);
	write(answer.line, false);
}

void ControlServer::Client::write(std::string text, bool last) {
	output_ = std::move(text);
	set_deadline(limits_.unread);
	boost::asio::async_write(
	    socket_, boost::asio::buffer(output_),
	    [self = shared_from_this(), last](const boost::system::error_code& failed, std::size_t) {
		    if (self->server_ == nullptr)
			    return;
		    if (failed || last) {
			    self->end();
			    return;
		    }
		    self->set_deadline(self->limits_.idle);
		    // Others get their turn in between.
		    boost::asio::post(self->socket_.get_executor(), [self] {
			    if (self->server_ != nullptr)
				    self->next();
		    });
	    });
}

} // namespace tmon
