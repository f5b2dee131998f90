// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What comes from a runner: its messages, its output, its end. A plugin could have written any of it.
#include "host/supervise/runner_link.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/runner/block_message.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tmon {

namespace {

constexpr std::size_t kMaxOutputLine = 4096; // bytes of a runner's own output shown as one line
// What a process may have left in its socket and its pipe. Bounded: a child of it may still be writing.
constexpr int kMaxLastMessages = 1024;
constexpr int kMaxLastReads = 16;

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
	case MessageType::block_request:
		handle_block(message);
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

// Its runner has looked at all of this, too; but a plugin can speak for it.
void RunnerLink::handle_block(const Message& message) {
	if (!config_.grants.block) {
		if (!std::exchange(said_not_granted_, true))
			log_warning("[" + config_.name + "] asks to have addresses blocked, which its \"grant\" does not list: ignored");
		return;
	}
	std::optional<BlockRequest> request = decode_block(message.body);
	if (!request || !environment_.can_block)
		return;
	if (!block_budget_.take(std::chrono::steady_clock::now())) {
		if (++blocks_turned_away_ == 1)
			log_warning("[" + config_.name + "] asks to have addresses blocked faster than " +
			            std::to_string(kBlocksPerSecond) + " a second: what is more is refused");
		return;
	}
	request->reason = cut_text(printable(request->reason), kMaxBlockReason);
	listener_.on_block(*this, *request);
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

} // namespace tmon
