// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/host_services.hpp"

#include "host/runner/block_message.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace tmon {

namespace {

constexpr std::size_t kMaxText = 8 * 1024; // bytes of one log or failure text; the rest is cut
constexpr auto kNamesLimit = std::chrono::seconds(1); // to wait for names that the host has announced

std::string_view to_view(tmon_str text) {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

tmon_str to_str(std::string_view text) { return text.empty() ? tmon_str{nullptr, 0} : tmon_str{text.data(), text.size()}; }

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
	case TMON_E_INVALID:
		return "an argument is not possible";
	default:
		return "unknown status";
	}
}

// Keeps the services open for the duration of one call; false when they are closed.
class HostServices::Use {
public:
	explicit Use(HostServices& services) : services_(services) {
		// Counted before it looks: close sees either us, or we see that it has closed.
		services_.users_.fetch_add(1, std::memory_order_seq_cst);
		open_ = !services_.closed_.load(std::memory_order_seq_cst);
	}
	~Use() { services_.users_.fetch_sub(1, std::memory_order_release); }
	Use(const Use&) = delete;
	Use& operator=(const Use&) = delete;
	explicit operator bool() const noexcept { return open_; }

private:
	HostServices& services_;
	bool open_;
};

void HostServices::close() noexcept {
	closed_.store(true, std::memory_order_seq_cst);
	while (users_.load(std::memory_order_acquire) != 0)
		std::this_thread::yield();
}

HostServices::HostServices(int socket, RunnerPage& page, const RunnerSetup& setup)
    : socket_(socket), page_(page), instance_(setup.instance), may_block_(setup.may_block),
      can_block_(setup.can_block) {
	for (const Interface& interface : setup.interfaces)
		interfaces_[interface.ifindex] = std::make_unique<const std::string>(interface.name);
	table_.size = sizeof table_;
	table_.abi_minor = TMON_ABI_MINOR;
	table_.context = reinterpret_cast<tmon_host_context*>(this);
	table_.log = [](tmon_host_context* context, uint32_t level, tmon_str text) {
		if (const Use use(self(context)); use)
			self(context).log(level, to_view(text));
	};
	table_.fail = [](tmon_host_context* context, int32_t, tmon_str text) {
		if (const Use use(self(context)); use && text.size != 0)
			self(context).set_failure(to_view(text));
	};
	table_.emit_alert = [](tmon_host_context* context, const tmon_alert* alert) -> int32_t {
		const Use use(self(context));
		return use ? self(context).emit_alert(*alert) : TMON_E_INTERNAL;
	};
	table_.block = [](tmon_host_context* context, const tmon_block* block) -> int32_t {
		const Use use(self(context));
		return use ? self(context).block(*block) : TMON_E_INTERNAL;
	};
	table_.open = [](tmon_host_context* context, tmon_str path, uint32_t mode, int32_t* fd) -> int32_t {
		const Use use(self(context));
		return use && self(context).is_serial("open") ? self(context).open(to_view(path), mode, *fd) : TMON_E_INTERNAL;
	};
	table_.metric_define = [](tmon_host_context* context, const tmon_metric* metric, uint32_t* id) -> int32_t {
		const Use use(self(context));
		return use ? self(context).define_metric(*metric, *id) : TMON_E_INTERNAL;
	};
	table_.metric_record = [](tmon_host_context* context, uint32_t id, double value) {
		if (const Use use(self(context)); use)
			record_metric(self(context).page_.metrics, id, value);
	};
	table_.interface_name = [](tmon_host_context* context, uint32_t ifindex) -> tmon_str {
		const Use use(self(context));
		if (!use || !self(context).is_serial("interface_name"))
			return {nullptr, 0};
		return to_str(self(context).interface_name(ifindex));
	};
	table_.entry_name = [](tmon_host_context* context, uint32_t id) -> tmon_str {
		const Use use(self(context));
		if (!use || !self(context).is_serial("entry_name"))
			return {nullptr, 0};
		return to_str(self(context).entry_name(id));
	};
	table_.stop_requested = [](tmon_host_context* context) -> uint32_t {
		const Use use(self(context));
		return use ? self(context).page_.stop_requested.load(std::memory_order_relaxed) : 1;
	};
	table_.get_extension = [](tmon_host_context*, tmon_str) -> const void* { return nullptr; };
}

// Tells whoever has written the plugin, but not for each of a million packets.
bool HostServices::is_serial(const char* service) {
	if (std::this_thread::get_id() == thread_ && in_call_)
		return true;
	if (misuses_.fetch_add(1, std::memory_order_relaxed) == 0)
		log(TMON_LOG_ERROR, std::string(service) + " was used by a thread of the plugin, or outside of a call: it is "
		                                           "[serial], see traffic_monitor/plugin.h");
	return false;
}

void HostServices::set_failure(std::string_view text) {
	const std::lock_guard lock(failure_mutex_);
	failure_ = text.substr(0, kMaxText);
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
	int32_t status = TMON_E_INVALID;
	if (TMON_HAS(&alert, tmon_alert, lagged_during)) {
		int error;
		try {
			error = send_message(socket_, MessageType::alert_out, 0, encode_alert(alert, instance_), {}, MSG_DONTWAIT);
		} catch (const std::bad_alloc&) {
			error = ENOMEM;
		}
		if (error == 0)
			return TMON_OK;
		status = error == EAGAIN ? TMON_RETRY : error == EMSGSIZE ? TMON_E_UNSUPPORTED : TMON_E_INTERNAL;
	}
	page_.alerts_refused.fetch_add(1, std::memory_order_relaxed);
	return status;
}

int32_t HostServices::block(const tmon_block& block) {
	const std::optional<BlockRequest> request = to_block_request(block);
	if (!request)
		return TMON_E_INVALID;
	if (!may_block_) {
		set_failure("blocking is not granted: add \"grant\": [\"block\"] to the plugin's entry");
		return TMON_E_DENIED;
	}
	if (!can_block_)
		return TMON_E_UNSUPPORTED;
	const int error = send_message(socket_, MessageType::block_request, 0, encode_block(*request), {}, MSG_DONTWAIT);
	return error == 0 ? TMON_OK : error == EAGAIN ? TMON_RETRY : TMON_E_INTERNAL;
}

bool HostServices::take_names(Message& message) {
	if (message.type == MessageType::entry_names) {
		if (message.descriptors.empty() || !entries_.add(std::move(message.descriptors.front())))
			log(TMON_LOG_ERROR, "the names of some list entries are not known: their table is damaged");
	} else if (message.type == MessageType::interface_added) {
		auto& name = interfaces_[static_cast<uint32_t>(message.value)];
		earlier_names_.push_back(std::exchange(name, std::make_unique<const std::string>(std::move(message.body))));
	} else {
		return false;
	}
	++names_taken_;
	page_.handled.fetch_add(1, std::memory_order_release);
	return true;
}

// An event can be here before the name of what it is about: the host announces names and sends them before it lets such events
// come, but the message may still be in the socket, or wait for room there. True when something new is known.
bool HostServices::wait_for_names() {
	const uint32_t before = names_taken_, wanted = page_.names.load(std::memory_order_acquire);
	if (before == wanted || given_up_for_ == wanted)
		return false;
	const auto deadline = std::chrono::steady_clock::now() + kNamesLimit;
	while (names_taken_ != wanted) {
		const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
		pollfd wait{socket_, POLLIN, 0};
		std::optional<Message> message;
		errno = ETIMEDOUT; // unless one of the calls below says something else
		if (left.count() > 0 && poll(&wait, 1, static_cast<int>(left.count())) > 0)
			message = receive_message(socket_, MSG_DONTWAIT);
		if (!message && left.count() > 0 && errno == EBADMSG) {
			// It brought a descriptor, and the plugin has as many open as it may.
			lose_names();
			page_.handled.fetch_add(1, std::memory_order_release);
			continue;
		}
		if (!message) {
			if (left.count() > 0 && (errno == EAGAIN || errno == EINTR))
				continue;
			given_up_for_ = wanted;
			break;
		}
		// Whatever else the host says meanwhile is kept for the loop.
		if (!take_names(*message))
			postponed_.push_back(std::move(*message));
	}
	return names_taken_ != before;
}

std::string_view HostServices::interface_name(uint32_t ifindex) {
	auto found = interfaces_.find(ifindex);
	if (found == interfaces_.end() && wait_for_names())
		found = interfaces_.find(ifindex);
	return found == interfaces_.end() ? std::string_view() : std::string_view(*found->second);
}

std::string_view HostServices::entry_name(uint32_t id) {
	if (id != 0 && !entries_.knows(id))
		wait_for_names();
	return entries_.find(id);
}

int32_t HostServices::define_metric(const tmon_metric& metric, uint32_t& id) {
	const std::lock_guard lock(metrics_mutex_);
	return tmon::define_metric(page_.metrics, metric, id);
}

int32_t HostServices::open(std::string_view path, uint32_t mode, int32_t& fd) {
	if (mode > TMON_OPEN_READWRITE) {
		set_failure("open: unknown mode " + std::to_string(mode));
		return TMON_E_INVALID;
	}
	if (send_message(socket_, MessageType::open, static_cast<int32_t>(mode), path, {}, 0) != 0)
		return TMON_E_INTERNAL;
	// Whatever else the host says meanwhile is kept for the loop.
	while (true) {
		std::optional<Message> message = receive_message(socket_, 0);
		if (!message)
			return TMON_E_INTERNAL;
		if (take_names(*message))
			continue;
		if (message->type != MessageType::opened) {
			postponed_.push_back(std::move(*message));
			continue;
		}
		page_.handled.fetch_add(1, std::memory_order_release);
		if (message->value != TMON_OK || message->descriptors.empty()) {
			set_failure(message->body);
			return message->value == TMON_OK ? TMON_E_INTERNAL : message->value;
		}
		fd = message->descriptors.front().release();
		return TMON_OK;
	}
}

} // namespace tmon
