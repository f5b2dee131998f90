// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/watched_host.hpp"

#include "host/config/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tmon {

namespace {

constexpr uint64_t kLongestText = 1u << 20;

std::string_view to_view(tmon_str text) {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

} // namespace

WatchedHost& WatchedHost::make(HostServices& services, Reporter& reporter, std::size_t tail) {
	auto* host = new WatchedHost(services, reporter);
	// Reachable for ever, so that no leak checker minds.
	static auto& all = *new std::vector<WatchedHost*>;
	all.push_back(host);
	std::vector<unsigned char> bytes(sizeof(tmon_host) + tail, 0xa5);
	tmon_host table{};
	host->fill(table);
	table.size = static_cast<uint32_t>(bytes.size());
	if (tail > 0)
		table.abi_minor = TMON_ABI_MINOR + 7;
	std::memcpy(bytes.data(), &table, sizeof table);
	host->memory_ = std::make_unique<GuardedMemory>(bytes);
	return *host;
}

void WatchedHost::enter(const char* call) {
	thread_.store(std::this_thread::get_id());
	call_.store(call);
	services_.enter();
}

void WatchedHost::leave() {
	services_.leave();
	call_.store(nullptr);
}

bool WatchedHost::is_open(const char* service) {
	if (!closed_.load())
		return true;
	reporter_.fail(std::string("host->") + service + " was used after destroy had returned");
	return false;
}

bool WatchedHost::is_serial(const char* service) {
	if (!is_open(service))
		return false;
	if (call_.load() != nullptr && thread_.load() == std::this_thread::get_id())
		return true;
	reporter_.fail(std::string("host->") + service + " is [serial] and was used by a thread of the plugin, or outside of a call");
	return false;
}

void WatchedHost::check_text(const char* what, tmon_str text) {
	if (text.size > kLongestText || (text.size > 0 && !text.data))
		reporter_.fail(std::string(what) + " is no string: " + std::to_string(text.size) + " bytes" +
		               (text.data ? "" : " at NULL"));
	else if (!failures.strange && !is_utf8(to_view(text)))
		reporter_.fail(std::string(what) + " is not UTF-8");
}

void WatchedHost::look_at(const tmon_alert& alert) {
	if (!TMON_HAS(&alert, tmon_alert, reserved))
		return reporter_.fail("an alert is shorter than its struct: its size is " + std::to_string(alert.size));
	check_text("the rule of an alert", alert.rule);
	check_text("the message of an alert", alert.message);
	check_text("the technique of an alert", alert.mitre);
	if (alert.rule.size == 0)
		reporter_.fail("an alert names no rule");
	if (std::isnan(alert.confidence) || alert.confidence < 0 || alert.confidence > 1)
		reporter_.fail("the confidence of an alert is not between 0 and 1");
	if (alert.severity < TMON_SEVERITY_LOW || alert.severity > TMON_SEVERITY_CRITICAL)
		reporter_.fail("an alert has the unknown severity " + std::to_string(alert.severity));
	if (alert.state > TMON_ALERT_CLOSED)
		reporter_.fail("an alert has the unknown state " + std::to_string(alert.state));
	if (alert.first_seen_ns > alert.last_seen_ns && !failures.strange)
		reporter_.note("an alert was last seen before it was first seen");
	if ((alert.victim_count && !alert.victims) || (alert.threshold_count && !alert.threshold) ||
	    (alert.observed_count && !alert.observed))
		reporter_.fail("an alert counts victims or measures that are at NULL");
}

int32_t WatchedHost::emit_alert(const tmon_alert& alert) {
	look_at(alert);
	{
		const std::lock_guard lock(mutex_);
		++alerts_;
	}
	if (failures.emit_alert != TMON_OK)
		return failures.emit_alert;
	// As on its way to another plugin.
	const std::string encoded = encode_alert(alert, "under-test");
	if (encoded.size() + sizeof(MessageHeader) > kMaxMessage)
		return TMON_E_UNSUPPORTED;
	const std::optional<DecodedAlert> decoded = decode_alert(encoded);
	if (!decoded) {
		reporter_.fail("an alert cannot be passed on: its parts do not fit together");
		return TMON_E_INTERNAL;
	}
	remember("alert " + std::string(to_view(alert.rule)) + ' ' + std::to_string(alert.state) + ' ' +
	         std::to_string(alert.severity) + ' ' + std::to_string(alert.victim_count) + ' ' + std::to_string(alert.count));
	return TMON_OK;
}

void WatchedHost::remember(std::string line) {
	if (!remembers)
		return;
	const std::lock_guard lock(mutex_);
	lines_.push_back(std::move(line));
}

std::string WatchedHost::take_failure() {
	const std::lock_guard lock(mutex_);
	return std::exchange(failure_, {});
}

std::string WatchedHost::observed() const {
	const std::lock_guard lock(mutex_);
	std::vector<std::string> lines = lines_;
	for (const auto& [name, value] : recorded_)
		lines.push_back("metric " + name + ' ' + std::to_string(value));
	std::sort(lines.begin(), lines.end());
	std::string text;
	for (const std::string& line : lines)
		text += line + '\n';
	return text;
}

uint64_t WatchedHost::alerts() const {
	const std::lock_guard lock(mutex_);
	return alerts_;
}

void WatchedHost::forget() {
	const std::lock_guard lock(mutex_);
	lines_ = {};
	recorded_.clear();
	alerts_ = 0;
}

void WatchedHost::fill(tmon_host& table) {
	table.abi_minor = TMON_ABI_MINOR;
	table.context = reinterpret_cast<tmon_host_context*>(this);
	table.log = [](tmon_host_context* context, uint32_t level, tmon_str text) {
		WatchedHost& host = self(context);
		if (!host.is_open("log"))
			return;
		host.check_text("a log line", text);
		host.remember("log " + std::to_string(level) + ' ' + std::string(to_view(text)));
	};
	table.fail = [](tmon_host_context* context, int32_t, tmon_str text) {
		WatchedHost& host = self(context);
		if (!host.is_open("fail"))
			return;
		host.check_text("the text given to fail", text);
		const std::lock_guard lock(host.mutex_);
		if (text.size > 0)
			host.failure_ = to_view(text);
	};
	table.emit_alert = [](tmon_host_context* context, const tmon_alert* alert) -> int32_t {
		return self(context).is_open("emit_alert") ? self(context).emit_alert(*alert) : TMON_E_INTERNAL;
	};
	table.block = [](tmon_host_context* context, const tmon_block* block) -> int32_t {
		WatchedHost& host = self(context);
		if (!host.is_open("block"))
			return TMON_E_INTERNAL;
		const int32_t real = host.real().block(host.real().context, block);
		if (real == TMON_E_INVALID)
			host.reporter_.note("block was asked for a prefix or a time that is not possible");
		return host.failures.block != TMON_OK ? host.failures.block : real;
	};
	table.open = [](tmon_host_context* context, tmon_str path, uint32_t mode, int32_t* fd) -> int32_t {
		WatchedHost& host = self(context);
		if (!host.is_serial("open"))
			return TMON_E_INTERNAL;
		host.check_text("the path given to open", path);
		if (host.failures.open != TMON_OK) {
			const std::lock_guard lock(host.mutex_);
			host.failure_ = "the kit lets open fail";
			return host.failures.open;
		}
		const int32_t status = host.real().open(host.real().context, path, mode, fd);
		if (status != TMON_OK) {
			const std::string reason = host.services_.take_failure(status);
			const std::lock_guard lock(host.mutex_);
			host.failure_ = reason;
		}
		return status;
	};
	table.metric_define = [](tmon_host_context* context, const tmon_metric* metric, uint32_t* id) -> int32_t {
		WatchedHost& host = self(context);
		if (!host.is_open("metric_define"))
			return TMON_E_INTERNAL;
		if (host.failures.metric_define != TMON_OK)
			return host.failures.metric_define;
		const int32_t status = host.real().metric_define(host.real().context, metric, id);
		if (status == TMON_E_INVALID)
			host.reporter_.fail("metric_define was given a metric that is not possible");
		const std::lock_guard lock(host.mutex_);
		if (status == TMON_OK)
			host.metrics_[*id] = to_view(metric->name);
		return status;
	};
	table.metric_record = [](tmon_host_context* context, uint32_t id, double value) {
		WatchedHost& host = self(context);
		if (!host.is_open("metric_record"))
			return;
		host.real().metric_record(host.real().context, id, value);
		const std::lock_guard lock(host.mutex_);
		const auto name = host.metrics_.find(id);
		if (name == host.metrics_.end() && host.failures.metric_define == TMON_OK)
			host.reporter_.note("metric_record was given an id that metric_define has not given");
		else if (name != host.metrics_.end() && host.remembers)
			host.recorded_[name->second] += value;
	};
	table.interface_name = [](tmon_host_context* context, uint32_t ifindex) -> tmon_str {
		WatchedHost& host = self(context);
		if (!host.is_serial("interface_name"))
			return {nullptr, 0};
		if (host.failures.interface_name)
			return {host.failures.interface_name->data(), host.failures.interface_name->size()};
		return host.real().interface_name(host.real().context, ifindex);
	};
	table.entry_name = [](tmon_host_context* context, uint32_t entry) -> tmon_str {
		WatchedHost& host = self(context);
		return host.is_serial("entry_name") ? host.real().entry_name(host.real().context, entry) : tmon_str{nullptr, 0};
	};
	table.stop_requested = [](tmon_host_context* context) -> uint32_t {
		return self(context).is_open("stop_requested") ? 0 : 1;
	};
	table.get_extension = [](tmon_host_context* context, tmon_str) -> const void* {
		self(context).is_open("get_extension");
		return nullptr;
	};
}

} // namespace tmon
