// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/runner_link.hpp"

#include "host/supervise/memory_file.hpp"
#include "host/supervise/plugin_setup.hpp"
#include "host/supervise/runner_thread.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace tmon {

namespace {

void check(bool ok, const char* what) {
	if (!ok)
		throw std::system_error(errno, std::generic_category(), what);
}

Fd duplicate(const Fd& descriptor) {
	return descriptor ? Fd(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0)) : Fd{};
}

} // namespace

RunnerLink::RunnerLink(boost::asio::io_context& io, const RunnerEnvironment& environment, const PluginConfig& config,
                       Listener& listener)
    : environment_(environment), names_(environment.names), config_(config), grants_(config), listener_(listener),
      page_(RunnerPageMapping::create(page_descriptor_)), budget_(kLinesAtOnce, kLinesPerSecond),
      alert_budget_(kAlertsAtOnce, kAlertsPerSecond), block_budget_(kBlocksAtOnce, kBlocksPerSecond), socket_(io), output_(io), watch_timer_(io) {}

std::shared_ptr<RunnerLink> RunnerLink::start(boost::asio::io_context& io, const RunnerEnvironment& environment,
                                              const PluginConfig& config, Listener& listener) {
	std::shared_ptr<RunnerLink> link(new RunnerLink(io, environment, config, listener));
	link->launch();
	return link;
}

RunnerLink::~RunnerLink() {
	if (names_)
		names_->unsubscribe(*this);
	if (process_)
		environment_.spawner.kill(*process_);
	boost::system::error_code ignored;
	socket_.close(ignored); // tells a thread that the host is gone
	if (thread_.joinable()) {
		if (gone_)
			thread_.join();
		else
			thread_.detach();
	}
}

void RunnerLink::launch() {
	const PluginFile& file = *config_.file;
	RunnerSetup setup = plugin_setup(file);
	setup.instance = config_.name;
	setup.config_json = config_.config_json;
	setup.sandbox.memory_bytes = config_.limits.memory_bytes;
	setup.sandbox.threads = config_.limits.threads;
	setup.sandbox.files = config_.limits.files + static_cast<uint32_t>(kEntryNameTables); // which are not the plugin's
	setup.sandbox.network = config_.grants.network;
	setup.sandbox.exec = config_.grants.exec;
	setup.sandbox.read_paths = config_.grants.read_paths;
	setup.sandbox.write_paths = config_.grants.write_paths;
	setup.sandbox.own_user = geteuid() == 0; // the spawner then gives each runner one of its own
	setup.may_block = config_.grants.block;
	setup.can_block = environment_.can_block;
	setup.clock_offset_ns = environment_.clock_offset_ns;
	setup.interfaces = environment_.interfaces;
	if (names_)
		setup.interfaces.insert(setup.interfaces.end(), names_->interfaces().begin(),
		                        names_->interfaces().end());
	const Fd setup_file = memory_file("runner-setup", encode(setup));

	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot make a socket pair");
	Fd ours(ends[0]), theirs(ends[1]);
	// In the order of SetupFd.
	const int descriptors[] = {page_descriptor_.get(), environment_.rings_descriptor, file.copy.get(), setup_file.get()};
	if (const int error = send_message(ours.get(), MessageType::setup, 0, {}, descriptors, 0); error != 0)
		throw std::system_error(error, std::generic_category(), "cannot send a runner its setup");
	// It has no descriptors for us, and to close one can take as long as its sender likes. Since Linux 6.16.
	constexpr int pass_rights = 83, no = 0;
	setsockopt(ours.get(), SOL_SOCKET, pass_rights, &no, sizeof no);
	socket_.assign(ours.release());
	if (is_process()) {
		int pipe_ends[2];
		check(pipe2(pipe_ends, O_CLOEXEC) == 0, "cannot make a pipe for a runner");
		const Fd write_end(pipe_ends[1]);
		output_.assign(pipe_ends[0]);
		output_.non_blocking(true);
		process_ = environment_.spawner.spawn(
		    theirs.get(), write_end.get(),
		    guarded([](RunnerLink& self, const std::variant<Spawner::Started, std::string>& started) {
			    if (const auto* reason = std::get_if<std::string>(&started)) {
				    self.process_.reset();
				    self.note_end("could not be started: " + *reason);
			    }
		    }),
		    guarded([](RunnerLink& self, const SpawnedEnd& end) {
			    self.process_.reset();
			    self.note_end(end.how());
		    }));
		wait_for_output();
	} else {
		thread_ = start_runner_thread(std::move(theirs));
	}
	wait_for_messages();
	if (names_) {
		for (const auto& names : names_->tables())
			take_names(*names);
		names_->subscribe(*this);
	}
	expect(Answer::loaded);
	watch();
}

// --- to the runner ---

void RunnerLink::send(MessageType type, int32_t value, std::string body, Fd descriptor) {
	if (gone_ || finished_)
		return;
	++sent_;
	told_asleep_ = false;
	outgoing_.push_back({type, value, std::move(body), std::move(descriptor)});
	send_queued();
	watch();
}

void RunnerLink::send_queued() {
	while (!outgoing_.empty() && !waiting_to_write_) {
		const Outgoing& next = outgoing_.front();
		const int descriptor = next.descriptor.get();
		const int error = send_message(socket_.native_handle(), next.type, next.value, next.body,
		                               std::span(&descriptor, next.descriptor ? 1u : 0u), MSG_DONTWAIT);
		if (error == EAGAIN) {
			waiting_to_write_ = true;
			socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
			                   guarded([](RunnerLink& self, const boost::system::error_code& failed) {
				                   self.waiting_to_write_ = false;
				                   if (!failed)
					                   self.send_queued();
			                   }));
			return;
		}
		if (error != 0)
			--sent_; // too long, or there is nobody: it will not be handled, and must not be waited for
		if (next.type == MessageType::alert_in) {
			--alerts_queued_;
			++alerts_sent_; // and not delivered, if it could not be sent
		}
		if (next.type == MessageType::opened)
			answering_ = false;
		outgoing_.pop_front();
		page_->mail.fetch_add(1, std::memory_order_release);
	}
}

// Announced in the page before they are sent: see HostServices::wait_for_names.
void RunnerLink::take_names(const EntryNames& names) {
	page_->names.fetch_add(1, std::memory_order_release);
	send(MessageType::entry_names, 0, {}, Fd(fcntl(names.descriptor(), F_DUPFD_CLOEXEC, 0)));
}

void RunnerLink::take_interface(const Interface& interface) {
	page_->names.fetch_add(1, std::memory_order_release);
	send(MessageType::interface_added, static_cast<int32_t>(interface.ifindex), interface.name);
}

void RunnerLink::begin(const StartPoint& from, const Fd& state) {
	from_ = from;
	for (std::size_t ring = 0; ring < from_.cursors.size(); ++ring) {
		page_->cursor[ring].store(from_.cursors[ring], std::memory_order_relaxed);
		page_->untold[ring].store(from_.untold[ring], std::memory_order_relaxed);
	}
	expect(Answer::ready);
	send(MessageType::begin, 0, {}, duplicate(state));
}

void RunnerLink::go() {
	reading_ = true;
	send(MessageType::go);
}

void RunnerLink::hand_over(const Fd& state) {
	reading_ = false;
	expect(Answer::handed_over);
	send(MessageType::hand_over, 0, {}, duplicate(state));
}

void RunnerLink::resume() {
	reading_ = true;
	frozen_.reset();
	note_answer(Answer::handed_over);
	send(MessageType::resume);
}

void RunnerLink::set_config(const PluginConfig& config) {
	config_ = config;
	grants_ = PathGrants(config);
}

void RunnerLink::reconfigure(const PluginConfig& config) {
	set_config(config);
	expect(Answer::reconfigured);
	send(MessageType::reconfigure, 0, config.config_json);
}

void RunnerLink::tick(const tmon_tick& tick) {
	// It does not read what it is sent: it gets the next tick instead, and the last in any case.
	if (!traits_.wants_ticks || (!outgoing_.empty() && !(tick.flags & TMON_TICK_FINAL)))
		return;
	send(MessageType::tick, 0, std::string(reinterpret_cast<const char*>(&tick), sizeof tick));
}

void RunnerLink::drain(const std::vector<uint64_t>& heads) {
	send(MessageType::drain, 0,
	     std::string(reinterpret_cast<const char*>(heads.data()), heads.size() * sizeof(uint64_t)));
}

void RunnerLink::finish() {
	if (finishing_)
		return;
	finishing_ = true;
	page_->stop_requested.store(1, std::memory_order_relaxed);
	expect(Answer::ended);
	send(MessageType::finish);
}

bool RunnerLink::kill(const std::string& reason) {
	page_->stop_requested.store(1, std::memory_order_relaxed);
	if (kill_reason_.empty())
		kill_reason_ = reason;
	if (process_)
		environment_.spawner.kill(*process_);
	return is_process();
}

void RunnerLink::send_alert(const std::string& encoded) {
	++alerts_queued_;
	send(MessageType::alert_in, 0, encoded);
}

std::deque<std::string> RunnerLink::take_unsent_alerts() {
	std::deque<std::string> alerts;
	for (Outgoing& message : outgoing_) {
		if (message.type == MessageType::alert_in)
			alerts.push_back(std::move(message.body));
	}
	outgoing_.clear();
	alerts_queued_ = 0;
	return alerts;
}

// By a message and not by an eventfd: the plugin would share one with us, could take away its O_NONBLOCK
// and fill it, and would then have us wait for ever.
void RunnerLink::wake() {
	uint32_t asleep = 1;
	if (!page_->asleep.compare_exchange_strong(asleep, 0, std::memory_order_seq_cst))
		return;
	// Where messages wait for room already, it does not sleep.
	if (outgoing_.empty())
		send(MessageType::wake);
}

void RunnerLink::wake_if_behind() {
	if (!traits_.takes_events)
		return;
	for (uint32_t ring = 0; ring < environment_.rings.rings(); ++ring) {
		if (environment_.rings.head(ring) != page_->cursor[ring].load(std::memory_order_relaxed)) {
			wake();
			return;
		}
	}
}

} // namespace tmon
