// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/runner_link.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/supervise/memory_file.hpp"
#include "host/supervise/runner_thread.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxOutputLine = 4096; // bytes of a runner's own output shown as one line
// What a process may have left in its socket and its pipe. Bounded: a child of it may still be writing.
constexpr int kMaxLastMessages = 1024;
constexpr int kMaxLastReads = 16;
// Lines that one runner may have shown: at once, and then a second.
constexpr uint32_t kLinesAtOnce = 200, kLinesPerSecond = 20;
// Alerts of one runner that are passed on. Half of what may wait for a taker: nobody alone can fill its queue.
constexpr uint32_t kAlertsAtOnce = 2048, kAlertsPerSecond = 200;
// For the start of a process, and all that runs while the plugin is loaded.
constexpr std::chrono::milliseconds kLoadLimit = 5s;
// An answer may take several calls into the plugin, but not more of its deadlines than this.
constexpr int kDeadlinesForAnswer = 4;

void check(bool ok, const char* what) {
	if (!ok)
		throw std::system_error(errno, std::generic_category(), what);
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

Fd duplicate(const Fd& descriptor) {
	return descriptor ? Fd(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0)) : Fd{};
}

} // namespace

RunnerLink::RunnerLink(boost::asio::io_context& io, const RunnerEnvironment& environment, const PluginConfig& config,
                       Listener& listener)
    : environment_(environment), config_(config), grants_(config), listener_(listener),
      page_(RunnerPageMapping::create(page_descriptor_)), budget_(kLinesAtOnce, kLinesPerSecond),
      alert_budget_(kAlertsAtOnce, kAlertsPerSecond), socket_(io),
      output_(io), watch_timer_(io) {}

std::shared_ptr<RunnerLink> RunnerLink::start(boost::asio::io_context& io, const RunnerEnvironment& environment,
                                              const PluginConfig& config, Listener& listener) {
	std::shared_ptr<RunnerLink> link(new RunnerLink(io, environment, config, listener));
	link->launch();
	return link;
}

RunnerLink::~RunnerLink() {
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
	RunnerSetup setup;
	setup.instance = config_.name;
	setup.plugin_path = file.path;
	setup.manifest = file.manifest.text;
	setup.plugin_id = file.manifest.id;
	setup.plugin_version = file.manifest.version;
	for (const Capability capability : file.manifest.capabilities)
		setup.capabilities.emplace_back(to_string(capability));
	setup.config_json = config_.config_json;
	setup.sandbox.memory_bytes = config_.limits.memory_bytes;
	setup.sandbox.threads = config_.limits.threads;
	setup.sandbox.files = config_.limits.files;
	setup.sandbox.network = config_.grants.network;
	setup.sandbox.exec = config_.grants.exec;
	setup.sandbox.read_paths = config_.grants.read_paths;
	setup.sandbox.write_paths = config_.grants.write_paths;
	setup.sandbox.own_user = geteuid() == 0; // the spawner then gives each runner one of its own
	setup.may_block = config_.grants.block;
	setup.clock_offset_ns = environment_.clock_offset_ns;
	setup.interfaces = environment_.interfaces;
	const Fd setup_file = memory_file("runner-setup", encode(setup));

	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot make a socket pair");
	Fd ours(ends[0]), theirs(ends[1]);
	// In the order of SetupFd.
	const int descriptors[] = {page_descriptor_.get(), environment_.rings_descriptor, file.copy.get(), setup_file.get()};
	if (const int error = send_message(ours.get(), MessageType::setup, 0, {}, descriptors, 0); error != 0)
		throw std::system_error(error, std::generic_category(), "cannot send a runner its setup");
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

// --- from the runner ---

void RunnerLink::wait_for_messages() {
	socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
	                   guarded([](RunnerLink& self, const boost::system::error_code& failed) {
		                   if (!failed)
			                   self.receive();
	                   }));
}

void RunnerLink::receive() {
	// A bounded number at a time, so that a flood from one plugin does not keep the others waiting.
	for (int i = 0; i < 64; ++i) {
		std::optional<Message> message = receive_message(socket_.native_handle(), MSG_DONTWAIT);
		if (message) {
			handle(std::move(*message));
			if (gone_)
				return;
			continue;
		}
		if (errno == EBADMSG)
			continue;
		// Who closes its end without having read everything causes one error before its last words.
		if (errno == ECONNRESET && !std::exchange(reset_, true))
			continue;
		if (errno != EAGAIN) {
			// Its end of the socket is closed. A process tells more by its exit status, if it is about to exit.
			if (is_process()) {
				deaf_ = true;
				expect(Answer::ended);
				watch();
			} else {
				note_end("stopped");
			}
			return;
		}
		break;
	}
	wait_for_messages();
}

void RunnerLink::handle(Message message) {
	switch (message.type) {
	case MessageType::loaded:
		if (!loaded_ && refusal_.status == TMON_OK) {
			loaded_ = true;
			note_answer(Answer::loaded);
			sandbox_report_ = printable(message.body);
			listener_.on_loaded(*this);
		}
		break;
	case MessageType::ready:
		if (!has_begun() || created_ || refusal_.status != TMON_OK)
			break;
		if (std::optional<PluginTraits> traits = decode_traits(message.body)) {
			if (!is_what_the_manifest_says(*traits)) {
				kill("says that it is something else than its manifest says");
				break;
			}
			traits_ = std::move(*traits);
			created_ = true;
			note_answer(Answer::ready);
			listener_.on_ready(*this);
		}
		break;
	case MessageType::refused:
		if (refusal_.status == TMON_OK)
			refusal_ = {message.value < 0 ? message.value : TMON_E_INTERNAL, printable(message.body)};
		// Its runner ends after that; a plugin that has said so itself is believed, too, as long as nothing is lost by it.
		if (!created_)
			kill("has refused");
		break;
	case MessageType::log:
		show(message.value, printable(message.body));
		break;
	case MessageType::alert_out:
		if (!alert_budget_.take(std::chrono::steady_clock::now())) {
			if (++alerts_turned_away_ == 1)
				log_warning("[" + config_.name + "] emits alerts faster than " + std::to_string(kAlertsPerSecond) +
				            " a second: what is more is refused");
			break;
		}
		if (const std::optional<DecodedAlert> decoded = decode_alert(message.body)) {
			++alerts_received_;
			listener_.on_alert(*this, *decoded);
		}
		break;
	case MessageType::open:
		handle_open(message);
		break;
	case MessageType::drained:
		drained_ = true;
		listener_.on_drained(*this);
		break;
	case MessageType::handed_over:
		note_answer(Answer::handed_over);
		listener_.on_handed_over(*this, {message.value, printable(message.body)});
		break;
	case MessageType::reconfigured:
		note_answer(Answer::reconfigured);
		listener_.on_reconfigured(*this, {message.value, printable(message.body)});
		break;
	case MessageType::asleep:
		told_asleep_ = true;
		listener_.on_asleep(*this);
		break;
	case MessageType::ended:
		// Unasked it means nothing: a plugin can write to the socket, too.
		if (finishing_) {
			gave_up_ = message.value != TMON_OK;
			finished_ = true;
		}
		break;
	default:
		break;
	}
}

// A runner asks again when it has its answer; whoever asks otherwise would have us hold his files.
void RunnerLink::handle_open(const Message& message) {
	if (answering_)
		return;
	answering_ = true;
	const auto answer = [](RunnerLink& self, Opened opened) {
		self.send(MessageType::opened, opened.status, std::move(opened.reason), std::move(opened.descriptor));
	};
	const auto mode = static_cast<uint32_t>(message.value);
	if (std::optional<Opened> at_once = grants_.answer(message.body, mode))
		answer(*this, std::move(*at_once));
	else
		environment_.spawner.open(message.body, mode, guarded(answer));
}

void RunnerLink::wait_for_output() {
	output_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
	                   guarded([](RunnerLink& self, const boost::system::error_code& failed) {
		                   if (!failed && self.read_output())
			                   self.wait_for_output();
	                   }));
}

// Shows what is there, line by line. False at the end of the pipe.
bool RunnerLink::read_output() {
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

void RunnerLink::show_output_line() {
	show(TMON_LOG_INFO, "(output) " + printable(std::exchange(output_line_, {})));
}

// Nobody can fill the diagnostics: what goes beyond the budget is counted, and said in one line.
void RunnerLink::show(int32_t level, const std::string& text) {
	if (!shows(severity_of(level)))
		return;
	if (!budget_.take(std::chrono::steady_clock::now()))
		return;
	say_hidden_lines();
	log(severity_of(level), "[" + config_.name + "] " + text);
}

void RunnerLink::say_hidden_lines() {
	if (const uint64_t hidden = budget_.take_refused(); hidden > 0) {
		lines_hidden_ += hidden;
		log_warning("[" + config_.name + "] " + std::to_string(hidden) + " lines are not shown: more than " +
		            std::to_string(kLinesPerSecond) + " a second");
	}
}

// --- its deadline ---

void RunnerLink::expect(Answer answer) {
	expected_ = answer;
	expected_for_ = 0ns;
}

void RunnerLink::note_answer(Answer answer) {
	if (expected_ == answer)
		expected_ = Answer::none;
}

// The runner has compared them, too; but a plugin can speak for it, and a plugin that is said to want no events is
// offered none.
bool RunnerLink::is_what_the_manifest_says(const PluginTraits& traits) const {
	const Manifest& manifest = config_.file->manifest;
	const auto has = [&](Capability capability) { return manifest.capabilities.contains(capability); };
	return traits.id == manifest.id && traits.version == manifest.version &&
	       traits.takes_events == has(Capability::events) && traits.takes_alerts == has(Capability::alerts) &&
	       traits.wants_ticks == has(Capability::ticks) && traits.has_state == has(Capability::state) &&
	       traits.can_reconfigure == has(Capability::reconfigure);
}

bool RunnerLink::is_busy() const {
	if (expected_ != Answer::none)
		return true;
	if (page_->call.load(std::memory_order_relaxed) != static_cast<uint32_t>(Call::none))
		return true;
	if (!loaded_ || finishing_ || !outgoing_.empty() || page_->handled.load(std::memory_order_relaxed) != sent_)
		return true;
	return reading_ && traits_.takes_events && !told_asleep_ && !drained_;
}

std::chrono::milliseconds RunnerLink::time_limit() const {
	return loaded_ ? config_.limits.deadline : std::max(config_.limits.deadline, kLoadLimit);
}

// Looks from time to time whether it gets on, as long as it is busy: at rest nobody wakes up.
void RunnerLink::watch() {
	if (watching_ || gone_)
		return;
	watching_ = true;
	silence_ = 0ns;
	look();
}

void RunnerLink::look() {
	if (gone_ || !is_busy()) {
		watching_ = false;
		return;
	}
	const auto period = std::clamp<std::chrono::nanoseconds>(config_.limits.deadline / 8, 10ms, 250ms);
	watch_timer_.expires_after(period);
	watch_timer_.async_wait(guarded([period](RunnerLink& self, const boost::system::error_code& failed) {
		if (failed)
			return;
		const uint64_t beats = self.page_->beats.load(std::memory_order_relaxed);
		// Not by the clock: after a pause of the whole machine nobody is late.
		self.silence_ = beats == self.beats_seen_ ? self.silence_ + period : 0ns;
		self.beats_seen_ = beats;
		self.expected_for_ += period;
		const auto limit = self.time_limit();
		if (const std::string lie = self.impossible(false); !lie.empty())
			self.kill("says what cannot be true: " + lie);
		else if (self.deaf_ && self.expected_for_ >= limit)
			self.give_up_on("has closed its connection to the host");
		else if (self.silence_ >= limit)
			self.give_up_on("did not return from " + std::string(call_name(self.page_->call.load())) + " within " +
			                std::to_string(limit.count()) + " ms");
		else if (self.expected_ != Answer::none && self.expected_for_ >= kDeadlinesForAnswer * limit)
			self.give_up_on("did not do what it was told within " +
			                std::to_string((kDeadlinesForAnswer * limit).count()) + " ms");
		self.look();
	}));
}

void RunnerLink::give_up_on(const std::string& late) {
	if (std::exchange(overdue_, true))
		return;
	if (kill(late))
		return;
	log_error("plugin " + config_.name + " " + late + "; it runs in a thread and cannot be ended");
	listener_.on_overdue(*this, "it " + late);
}

// --- its end ---

void RunnerLink::note_end(const std::string& how) {
	if (gone_)
		return;
	if (is_process()) {
		for (int i = 0; i < kMaxLastMessages; ++i) {
			if (std::optional<Message> message = receive_message(socket_.native_handle(), MSG_DONTWAIT))
				handle(std::move(*message));
			else if (errno != EBADMSG && !(errno == ECONNRESET && !std::exchange(reset_, true)))
				break;
		}
		for (int i = 0; i < kMaxLastReads && read_output(); ++i)
			;
		if (!output_line_.empty())
			show_output_line();
	}
	say_hidden_lines();
	// Whatever it has left behind is heard no more.
	boost::system::error_code ignored;
	socket_.close(ignored);
	output_.close(ignored);
	watch_timer_.cancel();
	if (refusal_.status == TMON_OK && !finished_)
		refusal_ = {TMON_E_FATAL, kill_reason_.empty() ? "its runner " + how : "it " + kill_reason_};
	gone_ = true;
	listener_.on_gone(*this);
}

// --- its page ---

RunnerFigures RunnerLink::figures() const {
	if (frozen_)
		return *frozen_;
	RunnerFigures figures;
	// Counters first, cursors then: what is counted has been taken.
	figures.delivered = page_->delivered.load(std::memory_order_acquire);
	figures.lagged = page_->lagged.load(std::memory_order_acquire);
	figures.failed = page_->failed.load(std::memory_order_acquire);
	figures.in_hand = page_->in_hand.load(std::memory_order_acquire);
	for (uint32_t ring = 0; ring < from_.cursors.size(); ++ring) {
		const uint64_t told = page_->cursor[ring].load(std::memory_order_acquire);
		const uint64_t begin = from_.cursors[ring], head = environment_.rings.head(ring);
		if ((told < begin || told > head) && figures.wrong_cursor.empty())
			figures.wrong_cursor = "ring " + std::to_string(ring) + " has the events " + std::to_string(begin) + " to " +
			                       std::to_string(head) + ", its cursor is " + std::to_string(told);
		const uint64_t cursor = std::clamp(told, begin, head);
		figures.cursors.push_back(cursor);
		figures.untold.push_back(std::min(page_->untold[ring].load(std::memory_order_relaxed), cursor));
		figures.taken += cursor - begin;
	}
	return figures;
}

std::string RunnerLink::impossible(bool at_rest) const {
	const RunnerFigures figures = this->figures();
	if (!figures.wrong_cursor.empty() || !at_rest || !traits_.takes_events || figures.add_up())
		return figures.wrong_cursor;
	return "it took " + std::to_string(figures.taken) + " events, and counts " + std::to_string(figures.delivered) +
	       " delivered, " + std::to_string(figures.lagged) + " lagged, " + std::to_string(figures.failed) +
	       " failed and " + std::to_string(figures.in_hand) + " in hand";
}

} // namespace tmon
