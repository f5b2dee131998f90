// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/runner/entry_names.hpp"
#include "host/runner/message.hpp"
#include "host/runner/page.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tmon {

// What a plugin instance sees of the host: the functions of tmon_host, spoken over the runner's socket.
//
// The plugin keeps the table's address, and threads that it has left behind may use it at any time: a thread
// of the host must not destroy the services of a plugin that has run. After close they do nothing.
class HostServices {
public:
	// All outlive the services, or are there until close returns.
	HostServices(int socket, RunnerPage& page, const RunnerSetup& setup);
	HostServices(const HostServices&) = delete;
	HostServices& operator=(const HostServices&) = delete;

	const tmon_host& table() const noexcept { return table_; }

	// The calling thread enters the plugin, and leaves it: [serial] services work only in between.
	void enter() noexcept { in_call_ = true; }
	void leave() noexcept {
		in_call_ = false;
		entries_.forget_old();
		earlier_names_.clear();
	}

	// From here on no service does anything; those under way have ended.
	void close() noexcept;

	// The last text given to fail since the last call of this, or a text for `status`. [serial]
	std::string take_failure(int32_t status);

	// Messages that arrived while a service waited for its answer, oldest first. [serial]
	std::deque<Message>& postponed() noexcept { return postponed_; }

	void log(uint32_t level, std::string_view text) noexcept;

	// Takes an entry_names or interface_added; false when it is another message. [serial]
	bool take_names(Message& message);
	// Of a message that could not be received: the names in it will not come. [serial]
	void lose_names() noexcept { ++names_taken_; }

private:
	class Use;

	int32_t emit_alert(const tmon_alert& alert);
	int32_t block(const tmon_block& block);
	std::string_view interface_name(uint32_t ifindex);
	std::string_view entry_name(uint32_t id);
	bool wait_for_names();
	int32_t open(std::string_view path, uint32_t mode, int32_t& fd);
	int32_t define_metric(const tmon_metric& metric, uint32_t& id);
	void set_failure(std::string_view text);
	bool is_serial(const char* service);

	static HostServices& self(tmon_host_context* context) { return *reinterpret_cast<HostServices*>(context); }

	int socket_;
	RunnerPage& page_;
	const std::string instance_;
	const bool may_block_, can_block_;
	const std::thread::id thread_ = std::this_thread::get_id();
	bool in_call_ = false; // of thread_ only
	std::atomic<bool> closed_{false};
	std::atomic<uint32_t> users_{0};
	std::atomic<uint32_t> misuses_{0};
	std::map<uint32_t, std::unique_ptr<const std::string>> interfaces_;
	EntryNameTables entries_;
	uint32_t names_taken_ = 0;             // to compare with page_.names
	std::optional<uint32_t> given_up_for_; // the value of page_.names that has not been reached in time
	std::vector<std::unique_ptr<const std::string>> earlier_names_; // of interfaces that have got another; a plugin may still look at them
	std::mutex failure_mutex_, metrics_mutex_;
	std::string failure_;
	std::deque<Message> postponed_;
	tmon_host table_{};
};

const char* status_text(int32_t status);

} // namespace tmon
