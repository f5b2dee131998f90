// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/case_process.hpp"

#include "host/ring/memory_rings.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"
#include "host/supervise/memory_file.hpp"
#include "host/supervise/plugin_setup.hpp"
#include "traffic_monitor/plugin.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace tmon {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLook = 5ms;
constexpr auto kLoadLimit = 5s;   // start of the process and constructors of the plugin
constexpr auto kCaseLimit = 120s; // of a whole case
constexpr uint32_t kFiles = 1024; // so that a plugin that leaks them comes to the end of its case
constexpr std::size_t kOutputShown = 300;

class CaseProcess {
public:
	CaseProcess(boost::asio::io_context& io, Spawner& spawner, const CaseOrder& order, const CasePaths& paths, CaseResult& result)
	    : io_(io), spawner_(spawner), order_(order), paths_(paths), result_(result),
	      page_(RunnerPageMapping::create(page_file_)) {}

	void start(const PluginFile& file) {
		RunnerSetup setup = plugin_setup(file);
		setup.instance = file.manifest.id;
		// Nothing is granted; as with any plugin that has not been.
		setup.sandbox.files = kFiles;
		setup.sandbox.own_user = geteuid() == 0;
		setup.interfaces = {{1, "lo"}, {2, "eth0"}, {3, "eth1"}};
		const Fd setup_file = memory_file("checker-setup", encode(setup));
		const MemoryRings no_rings(lay_out_rings(1, TMON_RING_SLOTS_MIN * TMON_RING_UNIT));
		auto [ours, theirs] = make_packet_sockets();
		int ends[2];
		if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
			throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
		output_ = Fd(ends[0]);
		const Fd write_end(ends[1]);
		const int descriptors[] = {page_file_.get(), no_rings.descriptor(), file.copy.get(), setup_file.get()};
		if (const int error = send_message(ours.get(), MessageType::setup, 0, {}, descriptors, 0); error != 0)
			throw std::system_error(error, std::generic_category(), "cannot send a case its setup");
		if (const int error = send_message(ours.get(), MessageType::begin, 0, order_.encode(), {}, 0); error != 0)
			throw std::system_error(error, std::generic_category(), "cannot send a case its order");
		socket_ = std::move(ours);
		process_ = spawner_.spawn(
		    theirs.get(), write_end.get(),
		    [this](const std::variant<Spawner::Started, std::string>& started) {
			    if (const auto* reason = std::get_if<std::string>(&started)) {
				    how_ = *reason;
				    gone_ = true;
			    }
			    started_ = !gone_;
		    },
		    [this](const SpawnedEnd& end) {
			    how_ = end.how();
			    gone_ = true;
		    });
	}

	void run() {
		const auto started = steady_clock::now();
		auto last_beat = started;
		uint64_t beats = 0;
		while (!gone_) {
			io_.restart();
			io_.run_one_for(kLook);
			receive();
			const auto now = steady_clock::now();
			const uint64_t beats_now = page_->beats.load(std::memory_order_relaxed);
			if (std::exchange(beats, beats_now) != beats_now)
				last_beat = now;
			const uint32_t call = page_->call.load(std::memory_order_relaxed);
			const bool in_plugin = call != static_cast<uint32_t>(Call::none);
			const std::chrono::milliseconds limit =
			    call > static_cast<uint32_t>(Call::load) ? std::chrono::milliseconds(order_.deadline_ms) : kLoadLimit;
			if (killed_)
				continue;
			if (in_plugin && now - last_beat > limit)
				kill(std::string("did not return from ") + call_name(call) + " within " + std::to_string(limit.count()) + " ms");
			else if (now - started > kCaseLimit)
				kill("was not done with the case after " + std::to_string(std::chrono::seconds(kCaseLimit).count()) + " s");
		}
		receive();
		conclude();
	}

private:
	void kill(const std::string& why) {
		killed_ = true;
		why_killed_ = why;
		spawner_.kill(process_);
	}

	void receive() {
		while (true) {
			std::optional<Message> message = receive_message(socket_.get(), MSG_DONTWAIT);
			if (message)
				handle(*message);
			else if (errno != EBADMSG)
				break;
		}
		char bytes[4096];
		for (ssize_t size; (size = read(output_.get(), bytes, sizeof bytes)) > 0;) {
			wrote_ = true;
			if (text_.size() < kOutputShown)
				text_.append(bytes, static_cast<std::size_t>(size));
		}
	}

	void handle(const Message& message) {
		switch (message.type) {
		case MessageType::step: step_ = message.body; break;
		case MessageType::finding:
			if (message.value == static_cast<int32_t>(Outcome::note) || message.value == static_cast<int32_t>(Outcome::fail))
				result_.add(static_cast<Outcome>(message.value), message.body);
			break;
		case MessageType::open: answer_open(message); break;
		case MessageType::ended: ended_ = true; break;
		default: break;
		}
	}

	void answer(const Opened& opened) {
		const int descriptor = opened.descriptor.get();
		send_message(socket_.get(), MessageType::opened, opened.status, opened.reason,
		             std::span(&descriptor, opened.descriptor ? 1u : 0u), MSG_DONTWAIT);
	}

	void answer_open(const Message& message) {
		const auto mode = static_cast<uint32_t>(message.value);
		if (message.body == "-" && mode == TMON_OPEN_APPEND) {
			// What the plugin would print is not for whoever runs the kit.
			answer({TMON_OK, Fd(open("/dev/null", O_WRONLY | O_CLOEXEC)), {}});
		} else if (!paths_.contains(message.body)) {
			answer(refuse_open(TMON_E_DENIED, message.body, "the plugin's configuration does not name this file"));
		} else {
			spawner_.open(message.body, mode, [this](Opened opened) { answer(opened); });
		}
	}

	void conclude() {
		if (wrote_)
			result_.add(Outcome::note, "wrote to its standard output or error: " + text_.substr(0, kOutputShown));
		if (killed_)
			result_.add(Outcome::fail, why_killed_ + at_step());
		else if (!ended_)
			result_.add(Outcome::fail, how_ + (started_ ? std::string(" in ") + call_name(page_->call.load()) : "") + at_step());
	}
	std::string at_step() const { return step_.empty() ? "" : " (" + step_ + ")"; }

	boost::asio::io_context& io_;
	Spawner& spawner_;
	const CaseOrder& order_;
	const CasePaths& paths_;
	CaseResult& result_;
	Fd page_file_;
	RunnerPageMapping page_;
	Fd socket_, output_;
	Spawner::Id process_ = 0;
	std::string step_, how_, why_killed_, text_;
	bool started_ = false, gone_ = false, killed_ = false, ended_ = false, wrote_ = false;
};

} // namespace

void run_case_process(boost::asio::io_context& io, Spawner& spawner, const PluginFile& file, const CaseOrder& order,
                      const CasePaths& paths, CaseResult& result) {
	CaseProcess process(io, spawner, order, paths, result);
	process.start(file);
	process.run();
	// An answer to an open may still be on its way to what is about to go.
	io.restart();
	io.poll();
}

} // namespace tmon
