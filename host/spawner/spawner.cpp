// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/spawner.hpp"

#include "host/spawner/process.hpp"
#include "host/spawner/protocol.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tmon {

namespace asio = boost::asio;

namespace {

constexpr int kMessagesAtOnce = 64; // then the rest of the loop has its turn
constexpr int kPatienceMs = 5000;   // for the spawner to end in order

constexpr const char* kGone = "the spawner is gone";

} // namespace

std::string SpawnedEnd::how() const {
	if (!killed_by_signal)
		return "exited with status " + std::to_string(code);
	const char* name = sigabbrev_np(code);
	return std::string("was ended by SIG") + (name ? name : std::to_string(code).c_str());
}

class Spawner::Connection : public std::enable_shared_from_this<Spawner::Connection> {
public:
	using OnStarted = std::function<void(const std::variant<Started, std::string>&)>;
	using OnEnd = std::function<void(const SpawnedEnd&)>;
	using OnOpened = std::function<void(Opened)>;

	explicit Connection(SpawnerProcess process)
	    : pid_(process.pid), unattached_(std::move(process.socket)),
	      pidfd_(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0))) {}

	pid_t pid() const { return pid_; }

	void attach(asio::io_context& io) {
		socket_.emplace(io, unattached_.release());
		wait_for_answers();
	}

	Id spawn(int socket, int output, OnStarted on_started, OnEnd on_end) {
		const Id id = ++last_id_;
		runners_.emplace(id, Runner{std::move(on_started), std::move(on_end)});
		SpawnerMessage request;
		request.word = SpawnerWord::spawn;
		request.id = id;
		const int descriptors[] = {socket, output};
		put(std::move(request), descriptors);
		return id;
	}

	void kill(Id id) {
		if (!runners_.contains(id))
			return;
		SpawnerMessage request;
		request.word = SpawnerWord::kill;
		request.id = id;
		put(std::move(request), {});
	}

	void open(const std::string& path, uint32_t mode, OnOpened done) {
		const Id id = ++last_id_;
		opens_.emplace(id, Open{path, std::move(done)});
		if (path.empty() || path.size() >= PATH_MAX || path.find('\0') != std::string::npos) {
			refuse_later(id, "it is empty, too long, or has a NUL in it");
			return;
		}
		SpawnerMessage request;
		request.word = SpawnerWord::open;
		request.id = id;
		request.value = static_cast<int32_t>(mode);
		request.text = path;
		put(std::move(request), {});
	}

	void on_lost(std::function<void()> callback) { on_lost_ = std::move(callback); }

	// The spawner ends when the socket is closed, and its runners before it.
	void end() {
		closed_ = true;
		runners_.clear();
		opens_.clear();
		on_lost_ = nullptr;
		waiting_.clear();
		unattached_.reset();
		if (socket_) {
			boost::system::error_code ignored;
			socket_->close(ignored);
		}
		reap();
	}

private:
	struct Runner {
		OnStarted on_started; // empty once it has been called
		OnEnd on_end;
	};
	struct Open {
		std::string path;
		OnOpened done;
	};

	void reap() {
		if (pid_ <= 0)
			return;
		pollfd ended{pidfd_.get(), POLLIN, 0};
		if (!pidfd_ || poll(&ended, 1, kPatienceMs) <= 0)
			::kill(pid_, SIGKILL);
		while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
			;
		pid_ = -1;
	}

	// Sends at once where that does not wait, so that descriptors need no duplicates.
	void put(SpawnerMessage request, std::span<const int> descriptors) {
		if (lost_) {
			refuse_later(request.id, kGone);
			return;
		}
		const int error =
		    waiting_.empty() ? send(socket_->native_handle(), request, descriptors, MSG_DONTWAIT) : EAGAIN;
		if (error == EAGAIN) {
			for (const int descriptor : descriptors) {
				request.descriptors.emplace_back(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
				if (!request.descriptors.back()) {
					refuse_later(request.id, std::strerror(errno));
					return;
				}
			}
			waiting_.push_back(std::move(request));
			if (waiting_.size() == 1)
				wait_for_room();
		} else {
			note_send_error(request, error);
		}
	}

	void note_send_error(const SpawnerMessage& request, int error) {
		// That the spawner is gone is told by reading; descriptors can be too many for the kernel.
		if (error != 0 && error != EPIPE && error != ECONNRESET && request.word != SpawnerWord::kill)
			refuse_later(request.id, std::strerror(error));
	}

	void wait_for_room() {
		socket_->async_wait(asio::posix::stream_descriptor::wait_write,
		                    [self = shared_from_this()](const auto& failed) {
			                    if (!failed && !self->closed_ && !self->lost_)
				                    self->send_waiting();
		                    });
	}

	void send_waiting() {
		while (!waiting_.empty()) {
			const SpawnerMessage& request = waiting_.front();
			std::vector<int> descriptors;
			for (const Fd& descriptor : request.descriptors)
				descriptors.push_back(descriptor.get());
			const int error = send(socket_->native_handle(), request, descriptors, MSG_DONTWAIT);
			if (error == EAGAIN) {
				wait_for_room();
				return;
			}
			note_send_error(request, error);
			waiting_.pop_front();
		}
	}

	void wait_for_answers() {
		socket_->async_wait(asio::posix::stream_descriptor::wait_read,
		                    [self = shared_from_this()](const auto& failed) {
			                    if (!failed && !self->closed_)
				                    self->take_answers();
		                    });
	}

	void take_answers() {
		for (int taken = 0; taken < kMessagesAtOnce && !closed_; ++taken) {
			std::optional<Packet> packet = receive_packet(socket_->native_handle(), MSG_DONTWAIT);
			if (!packet && errno == EAGAIN)
				break;
			std::optional<SpawnerMessage> answer =
			    packet ? decode_answer(std::move(*packet)) : std::nullopt;
			if (!answer) {
				lose();
				return;
			}
			take(std::move(*answer));
		}
		if (!closed_)
			wait_for_answers();
	}

	void take(SpawnerMessage answer) {
		switch (answer.word) {
		case SpawnerWord::started:
			if (const auto found = runners_.find(answer.id);
			    found != runners_.end() && found->second.on_started)
				std::exchange(found->second.on_started, nullptr)(Started{answer.value, answer.uid});
			break;
		case SpawnerWord::failed: refuse(answer.id, answer.text); break;
		case SpawnerWord::ended:
			if (auto runner = runners_.extract(answer.id)) {
				const int status = answer.value;
				runner.mapped().on_end(WIFSIGNALED(status)
				                           ? SpawnedEnd{true, WTERMSIG(status), WCOREDUMP(status) != 0}
				                           : SpawnedEnd{false, WEXITSTATUS(status), false});
			}
			break;
		case SpawnerWord::opened:
			if (auto open = opens_.extract(answer.id)) {
				Fd descriptor =
				    answer.descriptors.empty() ? Fd{} : std::move(answer.descriptors.front());
				open.mapped().done({answer.value, std::move(descriptor), std::move(answer.text)});
			}
			break;
		default: break;
		}
	}

	// Answers in the spawner's place.
	void refuse(Id id, const std::string& reason) {
		if (auto runner = runners_.extract(id)) {
			if (runner.mapped().on_started)
				runner.mapped().on_started(reason);
			else
				runner.mapped().on_end({true, SIGKILL, false});
		} else if (auto open = opens_.extract(id)) {
			open.mapped().done(refuse_open(TMON_E_IO, open.mapped().path, reason));
		}
	}
	void refuse_later(Id id, std::string reason) {
		asio::post(socket_->get_executor(), [self = shared_from_this(), id, reason = std::move(reason)] {
			if (!self->closed_)
				self->refuse(id, reason);
		});
	}

	void lose() {
		lost_ = true;
		waiting_.clear();
		boost::system::error_code ignored;
		socket_->close(ignored);
		reap();
		while (!closed_ && !runners_.empty())
			refuse(runners_.begin()->first, kGone);
		while (!closed_ && !opens_.empty())
			refuse(opens_.begin()->first, kGone);
		if (!closed_ && on_lost_)
			std::exchange(on_lost_, nullptr)();
	}

	pid_t pid_;     // -1 once it has been reaped
	Fd unattached_; // the socket, until attach
	Fd pidfd_;
	std::optional<asio::posix::stream_descriptor> socket_;
	Id last_id_ = 0;
	std::map<Id, Runner> runners_;
	std::map<Id, Open> opens_;
	std::deque<SpawnerMessage>
	    waiting_; // requests that the socket had no room for, oldest first; descriptors are duplicates
	std::function<void()> on_lost_;
	bool lost_ = false, closed_ = false;
};

Spawner::Spawner(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
Spawner::~Spawner() {
	if (connection_)
		connection_->end();
}
Spawner::Spawner(Spawner&&) noexcept = default;
Spawner& Spawner::operator=(Spawner&& other) noexcept {
	if (this != &other) {
		if (connection_)
			connection_->end();
		connection_ = std::move(other.connection_);
	}
	return *this;
}

Spawner Spawner::start(const std::string& runner_executable) {
	return Spawner(std::make_shared<Connection>(start_spawner_process(runner_executable)));
}

pid_t Spawner::pid() const { return connection_->pid(); }
void Spawner::attach(boost::asio::io_context& io) { connection_->attach(io); }
Spawner::Id Spawner::spawn(int socket, int output,
                           std::function<void(const std::variant<Started, std::string>&)> on_started,
                           std::function<void(const SpawnedEnd&)> on_end) {
	return connection_->spawn(socket, output, std::move(on_started), std::move(on_end));
}
void Spawner::kill(Id id) { connection_->kill(id); }
void Spawner::open(const std::string& path, uint32_t mode, std::function<void(Opened)> done) {
	connection_->open(path, mode, std::move(done));
}
void Spawner::on_lost(std::function<void()> callback) { connection_->on_lost(std::move(callback)); }

} // namespace tmon
