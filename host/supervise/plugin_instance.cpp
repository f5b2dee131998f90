// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/plugin_instance.hpp"

#include "host/diagnostics/log.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

constexpr std::size_t kMaxQueuedAlerts = 4096;
constexpr std::size_t kMaxOutputLine = 4096; // bytes of a runner's own output shown as one line
// What a process may have left in its socket and its pipe. Bounded: a child of it may still be writing.
constexpr int kMaxLastMessages = 1024;
constexpr int kMaxLastReads = 16;

void check(bool ok, const char* what) {
	if (!ok)
		throw std::system_error(errno, std::generic_category(), what);
}

Fd memory_file(const std::string& content) {
	Fd file(memfd_create("runner-setup", MFD_CLOEXEC));
	check(bool(file), "cannot make a runner's setup");
	for (std::size_t at = 0; at < content.size();) {
		const ssize_t written = write(file.get(), content.data() + at, content.size() - at);
		check(written > 0, "cannot write a runner's setup");
		at += static_cast<std::size_t>(written);
	}
	return file;
}

std::string how_it_ended(const siginfo_t& info) {
	if (info.si_code == CLD_EXITED)
		return "exited with status " + std::to_string(info.si_status);
	const char* name = sigabbrev_np(info.si_status);
	return std::string("was ended by SIG") + (name ? name : std::to_string(info.si_status).c_str());
}

Severity severity_of(int32_t level) {
	switch (level) {
	case TMON_LOG_DEBUG:
		return Severity::debug;
	case TMON_LOG_WARNING:
		return Severity::warning;
	case TMON_LOG_ERROR:
		return Severity::error;
	default:
		return Severity::info;
	}
}

} // namespace

PluginInstance::PluginInstance(boost::asio::io_context& io, const RunnerEnvironment& environment,
                               const PluginConfig& config, std::shared_ptr<const PluginFile> file,
                               std::function<void(PluginInstance&, const DecodedAlert&)> on_alert,
                               std::function<void(PluginInstance&)> on_sleep,
                               std::function<void(PluginInstance&)> on_change)
    : environment_(environment), config_(config), file_(std::move(file)), grants_(config.config_json), on_alert_(std::move(on_alert)),
      on_sleep_(std::move(on_sleep)), on_change_(std::move(on_change)),
      page_(RunnerPageMapping::create(page_descriptor_)), socket_(io), pidfd_(io), output_(io) {
	if (environment.rings.rings() > kMaxRings)
		throw std::runtime_error("more CPUs than a runner can follow: " + std::to_string(environment.rings.rings()));
	try {
		start();
	} catch (...) {
		end_by_force();
		throw;
	}
}

PluginInstance::~PluginInstance() { end_by_force(); }

// Nobody is told: neither the constructor that failed nor the destructor has anybody to tell.
void PluginInstance::end_by_force() noexcept {
	if (pid_ > 0) {
		::kill(pid_, SIGKILL);
		reap();
	}
	boost::system::error_code ignored;
	socket_.close(ignored); // tells a thread that the host is gone
	if (thread_.joinable()) {
		if (state_ == State::ended || state_ == State::dead)
			thread_.join();
		else
			thread_.detach();
	}
}

void PluginInstance::start() {
	for (uint32_t ring = 0; ring < environment_.rings.rings(); ++ring) {
		start_cursors_.push_back(environment_.rings.head(ring));
		page_->cursor[ring].store(start_cursors_.back(), std::memory_order_relaxed);
	}

	RunnerSetup setup;
	setup.instance = config_.name;
	setup.plugin_path = file_->path;
	setup.config_json = config_.config_json;
	setup.interfaces = environment_.interfaces;
	if (config_.isolation == Isolation::process)
		setup.uid = choose_runner_uid();
	const Fd setup_file = memory_file(encode(setup));

	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot make a socket pair");
	Fd ours(ends[0]), theirs(ends[1]);
	// In the order of SetupFd.
	const int descriptors[] = {page_descriptor_.get(), environment_.rings_descriptor, file_->copy.get(),
	                           setup_file.get()};
	if (const int error = send_message(ours.get(), MessageType::setup, 0, {}, descriptors, 0); error != 0)
		throw std::system_error(error, std::generic_category(), "cannot send a runner its setup");
	socket_.assign(ours.release());
	if (config_.isolation == Isolation::thread) {
		thread_ = launch_thread(std::move(theirs));
	} else {
		RunnerProcess process = launch_process(environment_.runner_executable, theirs);
		pid_ = process.pid;
		pidfd_.assign(process.pidfd.release());
		output_.assign(process.output.release());
		wait_for_output();
		wait_for_end();
	}
	wait_for_messages();
}

void PluginInstance::set_state(State state) {
	if (state_ == State::ended || state_ == State::dead)
		return;
	state_ = state;
	on_change_(*this);
}

// --- to the runner ---

void PluginInstance::send(MessageType type, int32_t value, std::string body, Fd descriptor) {
	if (state_ == State::ended || state_ == State::dead)
		return;
	answer_queued_ |= type == MessageType::opened;
	outgoing_.push_back({type, value, std::move(body), std::move(descriptor)});
	send_queued();
}

void PluginInstance::send_queued() {
	while (!outgoing_.empty() && !waiting_to_write_) {
		const Outgoing& next = outgoing_.front();
		const int descriptor = next.descriptor.get();
		const int error = send_message(socket_.native_handle(), next.type, next.value, next.body,
		                               std::span(&descriptor, next.descriptor ? 1u : 0u), MSG_DONTWAIT);
		if (error == EAGAIN) {
			waiting_to_write_ = true;
			socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](const auto& failed) {
				if (failed)
					return;
				waiting_to_write_ = false;
				send_queued();
			});
			return;
		}
		if (next.type == MessageType::alert_in) {
			--alerts_queued_;
			++(error == 0 ? alerts_sent_ : alerts_overflowed_);
		}
		if (next.type == MessageType::opened)
			answer_queued_ = false;
		outgoing_.pop_front();
		page_->mail.fetch_add(1, std::memory_order_release);
	}
}

void PluginInstance::drain(const std::vector<uint64_t>& heads) {
	send(MessageType::drain, 0,
	     std::string(reinterpret_cast<const char*>(heads.data()), heads.size() * sizeof(uint64_t)));
}

void PluginInstance::tick(const tmon_tick& tick) {
	if (state_ == State::starting || !traits_.wants_ticks)
		return;
	// It does not read what it is sent: it gets the next tick instead, and the last in any case.
	if (!outgoing_.empty() && !(tick.flags & TMON_TICK_FINAL))
		return;
	tmon_tick own = tick;
	const PluginTotals account = totals();
	own.size = sizeof own;
	own.offered = account.offered;
	own.delivered = account.delivered;
	own.lagged = account.lagged;
	own.failed = account.failed;
	send(MessageType::tick, 0, std::string(reinterpret_cast<const char*>(&own), sizeof own));
}

void PluginInstance::finish() {
	finishing_ = true;
	send(MessageType::finish);
}

void PluginInstance::offer_alert(const std::string& encoded) {
	if (state_ == State::ended || state_ == State::dead || !traits_.takes_alerts)
		return;
	++alerts_accepted_;
	if (alerts_queued_ >= kMaxQueuedAlerts) {
		++alerts_overflowed_;
		return;
	}
	++alerts_queued_;
	send(MessageType::alert_in, 0, encoded);
}

bool PluginInstance::kill() {
	page_->stop_requested.store(1, std::memory_order_relaxed);
	if (pid_ > 0) {
		::kill(pid_, SIGKILL);
		note_process_end();
	}
	return config_.isolation == Isolation::process;
}

bool PluginInstance::gone() const noexcept { return pid_ <= 0 && (state_ == State::ended || state_ == State::dead); }

// By a message and not by an eventfd: the plugin would share one with us, could take away its O_NONBLOCK
// and fill it, and would then have us wait for ever.
void PluginInstance::wake() {
	uint32_t asleep = 1;
	if (!page_->asleep.compare_exchange_strong(asleep, 0, std::memory_order_seq_cst))
		return;
	// Where messages wait for room already, it does not sleep.
	if (outgoing_.empty())
		send(MessageType::wake);
}

void PluginInstance::wake_if_behind() {
	if (!traits_.takes_events)
		return;
	for (uint32_t ring = 0; ring < environment_.rings.rings(); ++ring) {
		if (environment_.rings.head(ring) != page_->cursor[ring].load(std::memory_order_relaxed)) {
			wake();
			return;
		}
	}
}

// --- from the runner ---

void PluginInstance::wait_for_messages() {
	socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
		if (!failed)
			receive();
	});
}

void PluginInstance::receive() {
	// A bounded number at a time, so that a flood from one plugin does not keep the others waiting.
	for (int i = 0; i < 64; ++i) {
		std::optional<Message> message = receive_message(socket_.native_handle(), MSG_DONTWAIT);
		if (message) {
			handle(std::move(*message));
			continue;
		}
		if (errno == EBADMSG)
			continue;
		if (errno != EAGAIN) {
			// Its end of the socket is closed. A process tells more by its exit status.
			if (config_.isolation == Isolation::thread)
				note_end("stopped");
			return;
		}
		break;
	}
	wait_for_messages();
}

void PluginInstance::handle(Message message) {
	switch (message.type) {
	case MessageType::ready:
		if (std::optional<PluginTraits> traits = decode_traits(message.body); traits && state_ == State::starting) {
			traits_ = std::move(*traits);
			set_state(State::ready);
		}
		break;
	case MessageType::refused:
		if (state_ != State::ended && state_ != State::dead) {
			refusal_ = {message.value, printable(message.body)};
			set_state(State::dead);
		}
		break;
	case MessageType::log:
		log(severity_of(message.value), "[" + config_.name + "] " + printable(message.body));
		break;
	case MessageType::alert_out:
		if (const std::optional<DecodedAlert> decoded = decode_alert(message.body)) {
			++alerts_received_;
			on_alert_(*this, *decoded);
		}
		break;
	case MessageType::open: {
		// A runner asks again when it has its answer; whoever asks otherwise would have us hold his files.
		if (answer_queued_ || (config_.isolation == Isolation::process && pid_ <= 0))
			break;
		Opened opened = grants_.open(message.body, static_cast<uint32_t>(message.value));
		send(MessageType::opened, opened.status, std::move(opened.reason), std::move(opened.descriptor));
		break;
	}
	case MessageType::drained:
		if (state_ == State::ready)
			set_state(State::drained);
		break;
	case MessageType::asleep:
		on_sleep_(*this);
		break;
	case MessageType::ended:
		// Unasked it means nothing: a plugin can write to the socket, too.
		if (finishing_) {
			gave_up_ = message.value != TMON_OK;
			set_state(State::ended);
		}
		break;
	default:
		break;
	}
}

void PluginInstance::wait_for_output() {
	output_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
		if (failed)
			return;
		if (read_output())
			wait_for_output();
	});
}

// Shows what is there, line by line. False at the end of the pipe.
bool PluginInstance::read_output() {
	char bytes[4096];
	const ssize_t size = read(output_.native_handle(), bytes, sizeof bytes);
	if (size <= 0)
		return size < 0 && (errno == EAGAIN || errno == EINTR);
	for (const char c : std::string_view(bytes, static_cast<std::size_t>(size))) {
		if (c != '\n')
			output_line_ += c;
		if (c == '\n' || output_line_.size() >= kMaxOutputLine)
			show_output_line();
	}
	return true;
}

void PluginInstance::show_output_line() {
	log_info("[" + config_.name + "] (output) " + printable(std::exchange(output_line_, {})));
}

void PluginInstance::wait_for_end() {
	pidfd_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
		if (!failed && pid_ > 0)
			note_process_end();
	});
}

// Waits for the process, which has ended or been killed; says how it ended.
std::string PluginInstance::reap() {
	siginfo_t info{};
	while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) < 0 && errno == EINTR)
		;
	pid_ = -1;
	return how_it_ended(info);
}

void PluginInstance::note_process_end() {
	const std::string how = reap();
	for (int i = 0; i < kMaxLastMessages; ++i) {
		if (std::optional<Message> message = receive_message(socket_.native_handle(), MSG_DONTWAIT))
			handle(std::move(*message));
		else if (errno != EBADMSG)
			break;
	}
	for (int i = 0; i < kMaxLastReads && read_output(); ++i)
		;
	if (!output_line_.empty())
		show_output_line();
	// Whatever the process has left behind is heard no more.
	boost::system::error_code ignored;
	socket_.close(ignored);
	output_.close(ignored);
	note_end(how);
}

void PluginInstance::note_end(const std::string& how) {
	if (state_ == State::ended || state_ == State::dead)
		return;
	if (!refusal_)
		refusal_ = {TMON_E_FATAL, "its runner " + how};
	set_state(State::dead);
}

} // namespace tmon
