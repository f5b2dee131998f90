// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/runner/message.hpp"
#include "host/runner/page.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace tmon {

// What a plugin instance sees of the host: the functions of tmon_host, spoken over the runner's socket.
class HostServices {
public:
	// Both outlive the services.
	HostServices(int socket, RunnerPage& page, const RunnerSetup& setup);

	const tmon_host& table() const noexcept { return table_; }

	// The last text given to fail since the last call of this, or a text for `status`. [serial]
	std::string take_failure(int32_t status);

	// Messages that arrived while a service waited for its answer, oldest first. [serial]
	std::deque<Message>& postponed() noexcept { return postponed_; }

	void log(uint32_t level, std::string_view text) noexcept;

private:
	int32_t emit_alert(const tmon_alert& alert);
	int32_t open(std::string_view path, uint32_t mode, int32_t& fd);

	static HostServices& self(tmon_host_context* context) { return *reinterpret_cast<HostServices*>(context); }

	int socket_;
	RunnerPage& page_;
	const RunnerSetup& setup_;
	std::map<uint32_t, std::string> interfaces_;
	std::mutex failure_mutex_;
	std::string failure_;
	std::deque<Message> postponed_;
	tmon_host table_{};
};

const char* status_text(int32_t status);

} // namespace tmon
