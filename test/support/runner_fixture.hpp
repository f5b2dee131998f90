// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The real runner loop in a thread, with the test in the place of the host: it has the other end of the
// socket, writes the rings, and reads the page.
#pragma once

#include "host/plugin_file/plugin_file.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"
#include "host/supervise/plugin_setup.hpp"
#include "host/supervise/runner_thread.hpp"
#include "test/support/ring_writer.hpp"
#include "test/support/temp_dir.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tmon::test {

class RunnerFixture {
public:
	// `plugin` is one of test/support/plugins; `config` the inside of its JSON object, to which the trace is
	// added. Events written before belong to the run when the cursors begin at 0.
	RunnerFixture(RingWriter& writer, const std::string& plugin, const std::string& config)
	    : writer_(writer), page_(RunnerPageMapping::create(page_file_)) {
		file_ = test_plugin_file(plugin);
		RunnerSetup setup = test_setup(*file_);
		setup.config_json = R"({"trace": ")" + trace_path() + "\"" + (config.empty() ? "" : ", " + config) + "}";
		setup.interfaces = {{7, "eth7"}};
		start(setup);
	}
	~RunnerFixture() {
		ours_.reset();
		thread_.join();
	}
	RunnerFixture(const RunnerFixture&) = delete;
	RunnerFixture& operator=(const RunnerFixture&) = delete;

	RunnerPage& page() { return *page_; }
	uint64_t count(const std::atomic<uint64_t> RunnerPage::*counter) const {
		return ((*page_).*counter).load(std::memory_order_acquire);
	}

	void send(MessageType type, std::string_view body = {}, int32_t value = 0, int descriptor = -1) {
		const std::span<const int> descriptors(&descriptor, descriptor >= 0 ? 1u : 0u);
		if (const int error = send_message(ours_.get(), type, value, body, descriptors, 0); error != 0)
			throw std::system_error(error, std::generic_category(), "send");
		page_->mail.fetch_add(1, std::memory_order_release);
	}
	void tick(uint32_t flags = 0) {
		tmon_tick tick{};
		tick.size = sizeof tick;
		tick.flags = flags;
		tick.seen = 4711;
		send(MessageType::tick, {reinterpret_cast<const char*>(&tick), sizeof tick});
	}
	void drain() {
		std::vector<uint64_t> heads;
		for (uint32_t ring = 0; ring < writer_.layout().rings; ++ring)
			heads.push_back(writer_.head(ring));
		send(MessageType::drain, {reinterpret_cast<const char*>(heads.data()), heads.size() * sizeof(uint64_t)});
	}

	// The next message of that type; others are kept in `others`, except those of sleeping, which are
	// answered as the host would.
	Message expect(MessageType type) {
		const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
		while (std::chrono::steady_clock::now() < deadline) {
			std::optional<Message> message = receive();
			if (!message)
				continue;
			if (message->type == type)
				return std::move(*message);
			if (message->type != MessageType::asleep)
				others.push_back(std::move(*message));
		}
		throw std::runtime_error("no message of type " + std::to_string(static_cast<uint32_t>(type)));
	}
	// Drains and finishes; whatever comes meanwhile is kept.
	void end() {
		drain();
		expect(MessageType::drained);
		send(MessageType::finish);
		expect(MessageType::ended);
	}
	// Lets the runner go on until `done`; wakes it as the host would.
	template <class Done> bool run_until(Done done) {
		const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
		while (!done()) {
			if (std::chrono::steady_clock::now() > deadline)
				return false;
			if (std::optional<Message> message = receive(); message && message->type != MessageType::asleep)
				others.push_back(std::move(*message));
			wake();
		}
		return true;
	}
	void wake() {
		uint32_t asleep = 1;
		if (page_->asleep.compare_exchange_strong(asleep, 0))
			send(MessageType::wake);
	}

	std::vector<std::string> trace() const {
		std::istringstream text(read_file(trace_path()));
		std::vector<std::string> lines;
		for (std::string line; std::getline(text, line);)
			lines.push_back(line);
		return lines;
	}
	std::vector<std::string> trace_of(const std::string& call) const {
		std::vector<std::string> lines;
		for (const std::string& line : trace()) {
			if (line.starts_with(call))
				lines.push_back(line);
		}
		return lines;
	}
	std::string logged() const {
		std::string text;
		for (const Message& message : others) {
			if (message.type == MessageType::log)
				text += message.body + "\n";
		}
		return text;
	}

	const TempDir& directory() const { return directory_; }
	std::vector<Message> others;

	// One of test/support/plugins, and what a runner of it has to know.
	static std::shared_ptr<const PluginFile> test_plugin_file(const std::string& plugin) {
		auto found = find_plugin(std::string(TMON_TEST_PLUGINS) + "/" + plugin + ".so", InstalledTree{});
		if (const auto* error = std::get_if<PluginFileError>(&found))
			throw std::runtime_error(error->text());
		return std::get<std::shared_ptr<const PluginFile>>(found);
	}
	static RunnerSetup test_setup(const PluginFile& file) {
		RunnerSetup setup = plugin_setup(file);
		setup.instance = "under-test";
		return setup;
	}

private:
	std::string trace_path() const { return (directory_ / "trace").string(); }

	std::optional<Message> receive() {
		pollfd wait{ours_.get(), POLLIN, 0};
		if (poll(&wait, 1, 2) <= 0)
			return std::nullopt;
		std::optional<Message> message = receive_message(ours_.get(), MSG_DONTWAIT);
		// Who closes its end without having read everything causes one error before its last words.
		if (!message && errno == ECONNRESET && !std::exchange(reset_, true))
			return std::nullopt;
		if (!message && errno != EAGAIN)
			throw std::runtime_error("the runner is gone");
		return message;
	}

	void start(const RunnerSetup& setup) {
		const std::string text = encode(setup);
		const Fd setup_file(memfd_create("setup", MFD_CLOEXEC));
		int ends[2];
		if (write(setup_file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
		    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
			throw std::system_error(errno, std::generic_category(), setup.plugin_path);
		ours_ = Fd(ends[0]);
		Fd theirs(ends[1]);
		const int descriptors[] = {page_file_.get(), writer_.descriptor(), file_->copy.get(), setup_file.get()};
		send_message(ours_.get(), MessageType::setup, 0, {}, descriptors, 0);
		send_message(ours_.get(), MessageType::begin, 0, {}, {}, 0);
		send_message(ours_.get(), MessageType::go, 0, {}, {}, 0);
		thread_ = start_runner_thread(std::move(theirs));
	}

	TempDir directory_;
	std::shared_ptr<const PluginFile> file_;
	RingWriter& writer_;
	Fd page_file_;
	RunnerPageMapping page_;
	Fd ours_;
	std::thread thread_;
	bool reset_ = false;
};

} // namespace tmon::test
