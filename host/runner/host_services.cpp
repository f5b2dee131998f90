// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/host_services.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tmon {

namespace {

constexpr std::size_t kMaxText = 8 * 1024; // bytes of one log or failure text; the rest is cut

std::string_view to_view(tmon_str text) {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

} // namespace

const char* status_text(int32_t status) {
	switch (status) {
	case TMON_RETRY:
		return "asked to be called again";
	case TMON_E_CONFIG:
		return "its configuration is wrong";
	case TMON_E_NOMEM:
		return "out of memory";
	case TMON_E_IO:
		return "input or output failed";
	case TMON_E_UNSUPPORTED:
		return "not supported";
	case TMON_E_INTERNAL:
		return "internal error";
	case TMON_E_FATAL:
		return "it cannot go on";
	case TMON_E_DENIED:
		return "not granted by the configuration";
	default:
		return "unknown status";
	}
}

HostServices::HostServices(int socket, RunnerPage& page, const RunnerSetup& setup)
    : socket_(socket), page_(page), setup_(setup) {
	for (const Interface& interface : setup.interfaces)
		interfaces_.emplace(interface.ifindex, interface.name);
	table_.size = sizeof table_;
	table_.abi_minor = TMON_ABI_MINOR;
	table_.context = reinterpret_cast<tmon_host_context*>(this);
	table_.log = [](tmon_host_context* context, uint32_t level, tmon_str text) {
		self(context).log(level, to_view(text));
	};
	table_.fail = [](tmon_host_context* context, int32_t, tmon_str text) {
		if (text.size == 0)
			return;
		HostServices& services = self(context);
		const std::lock_guard lock(services.failure_mutex_);
		services.failure_ = to_view(text).substr(0, kMaxText);
	};
	table_.emit_alert = [](tmon_host_context* context, const tmon_alert* alert) {
		return self(context).emit_alert(*alert);
	};
	table_.block = [](tmon_host_context*, const tmon_block*) -> int32_t { return TMON_E_UNSUPPORTED; };
	table_.metric_define = [](tmon_host_context*, const tmon_metric*, uint32_t*) -> int32_t {
		return TMON_E_UNSUPPORTED;
	};
	table_.metric_record = [](tmon_host_context*, uint32_t, double) {};
	table_.open = [](tmon_host_context* context, tmon_str path, uint32_t mode, int32_t* fd) {
		return self(context).open(to_view(path), mode, *fd);
	};
	table_.interface_name = [](tmon_host_context* context, uint32_t ifindex) -> tmon_str {
		const auto& names = self(context).interfaces_;
		const auto found = names.find(ifindex);
		return found == names.end() ? tmon_str{nullptr, 0} : tmon_str{found->second.data(), found->second.size()};
	};
	// No list entry has a name that an event could carry: only permitted prefixes are named so far.
	table_.entry_name = [](tmon_host_context*, uint32_t) -> tmon_str { return {nullptr, 0}; };
	table_.stop_requested = [](tmon_host_context* context) -> uint32_t {
		return self(context).page_.stop_requested.load(std::memory_order_relaxed);
	};
	table_.get_extension = [](tmon_host_context*, tmon_str) -> const void* { return nullptr; };
}

std::string HostServices::take_failure(int32_t status) {
	const std::lock_guard lock(failure_mutex_);
	std::string text = std::move(failure_);
	failure_.clear();
	return text.empty() ? status_text(status) : text;
}

void HostServices::log(uint32_t level, std::string_view text) noexcept {
	const std::string_view sent = text.substr(0, kMaxText);
	if (send_message(socket_, MessageType::log, static_cast<int32_t>(level), sent, {}, MSG_DONTWAIT) != 0)
		page_.log_lines_lost.fetch_add(1, std::memory_order_relaxed);
}

int32_t HostServices::emit_alert(const tmon_alert& alert) {
	page_.alerts_emitted.fetch_add(1, std::memory_order_relaxed);
	int error;
	try {
		error = send_message(socket_, MessageType::alert_out, 0, encode_alert(alert, setup_.instance), {}, MSG_DONTWAIT);
	} catch (const std::bad_alloc&) {
		error = ENOMEM;
	}
	if (error == 0)
		return TMON_OK;
	page_.alerts_refused.fetch_add(1, std::memory_order_relaxed);
	return error == EAGAIN ? TMON_RETRY : error == EMSGSIZE ? TMON_E_UNSUPPORTED : TMON_E_INTERNAL;
}

int32_t HostServices::open(std::string_view path, uint32_t mode, int32_t& fd) {
	if (send_message(socket_, MessageType::open, static_cast<int32_t>(mode), path, {}, 0) != 0)
		return TMON_E_INTERNAL;
	// Whatever else the host says meanwhile is kept for the loop.
	while (true) {
		std::optional<Message> message = receive_message(socket_, 0);
		if (!message)
			return TMON_E_INTERNAL;
		if (message->type != MessageType::opened) {
			postponed_.push_back(std::move(*message));
			continue;
		}
		if (message->value != TMON_OK || message->descriptors.empty()) {
			const std::lock_guard lock(failure_mutex_);
			failure_ = message->body;
			return message->value == TMON_OK ? TMON_E_INTERNAL : message->value;
		}
		fd = message->descriptors.front().release();
		return TMON_OK;
	}
}

} // namespace tmon
