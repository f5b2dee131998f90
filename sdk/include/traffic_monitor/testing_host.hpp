// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The host's side of the ABI for tests: it records what it is told. Included by testing.hpp.
#ifndef TRAFFIC_MONITOR_TESTING_HOST_HPP
#define TRAFFIC_MONITOR_TESTING_HOST_HPP

#include "plugin.h"
#include "text.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tmon {
namespace testing {

// An alert with everything that it points to.
struct Alert {
	tmon_alert raw{}; // its pointers are those of the call, so stale
	std::string rule, message, mitre;
	std::string source;               // as text
	std::vector<std::string> victims; // 16 bytes each
	std::map<std::string, double> threshold, observed;

	explicit Alert(const tmon_alert& alert)
	    : rule(to_view(alert.rule)), message(to_view(alert.message)), mitre(to_view(alert.mitre)),
	      source(address_text(alert.source)) {
		std::memcpy(&raw, &alert, alert.size < sizeof raw ? alert.size : sizeof raw);
		for (uint32_t i = 0; i < alert.victim_count; ++i)
			victims.emplace_back(reinterpret_cast<const char*>(alert.victims[i]), 16);
		for (uint32_t i = 0; i < alert.threshold_count; ++i)
			threshold[std::string(to_view(alert.threshold[i].name))] = alert.threshold[i].value;
		for (uint64_t i = 0; i < alert.observed_count; ++i)
			observed[std::string(to_view(alert.observed[i].name))] = alert.observed[i].value;
	}
};

struct Block {
	std::string address; // as text
	uint32_t prefix_length;
	uint64_t ttl_ns;
	std::string reason;
};

struct Metric {
	uint32_t kind;
	std::string help;
	std::vector<double> bounds;
	double value = 0;             // counter: sum; gauge: the last one; histogram: sum
	std::vector<uint64_t> counts; // histogram: for each bound and beyond the last, how many values fell there
};

class Host {
public:
	Host() {
		table_.size = sizeof table_;
		table_.abi_minor = TMON_ABI_MINOR;
		table_.context = reinterpret_cast<tmon_host_context*>(this);
		table_.log = [](tmon_host_context* context, uint32_t level, tmon_str text) {
			const std::lock_guard<std::mutex> lock(of(context).mutex_);
			of(context).logs.emplace_back(level, to_view(text));
		};
		table_.fail = [](tmon_host_context* context, int32_t status, tmon_str text) {
			const std::lock_guard<std::mutex> lock(of(context).mutex_);
			if (text.size > 0) // an empty text leaves the one before it
				of(context).failures.emplace_back(status, to_view(text));
		};
		table_.emit_alert = [](tmon_host_context* context, const tmon_alert* alert) {
			return of(context).emit(*alert);
		};
		table_.block = [](tmon_host_context* context, const tmon_block* block) {
			return of(context).add(*block);
		};
		table_.open = [](tmon_host_context* context, tmon_str path, uint32_t mode, int32_t* fd) {
			return of(context).open(std::string(to_view(path)), mode, *fd);
		};
		table_.metric_define = [](tmon_host_context* context, const tmon_metric* metric, uint32_t* id) {
			return of(context).define(*metric, *id);
		};
		table_.metric_record = [](tmon_host_context* context, uint32_t id, double value) {
			of(context).record(id, value);
		};
		table_.interface_name = [](tmon_host_context* context, uint32_t ifindex) {
			return of(context).name(of(context).interfaces, ifindex, "interface_name");
		};
		table_.entry_name = [](tmon_host_context* context, uint32_t entry) {
			return of(context).name(of(context).entries, entry, "entry_name");
		};
		table_.stop_requested = [](tmon_host_context* context) { return uint32_t{of(context).stopping}; };
		table_.get_extension = [](tmon_host_context*, tmon_str) -> const void* { return nullptr; };
	}
	Host(const Host&) = delete;
	Host& operator=(const Host&) = delete;

	const tmon_host& table() const noexcept { return table_; }

	// What the plugin said and asked for, in order. Read it while no thread of the plugin runs.
	std::vector<std::pair<uint32_t, std::string>> logs;    // level, text
	std::vector<std::pair<int32_t, std::string>> failures; // status, text
	std::vector<Alert> alerts;
	std::vector<Block> blocks;
	std::map<std::string, Metric> metrics; // by name
	std::vector<std::string> opened;       // paths
	std::vector<std::string> misused;      // [serial] services used outside of a call or by another thread

	std::string last_failure() const { return failures.empty() ? "" : failures.back().second; }

	// What the plugin is told.
	std::map<uint32_t, std::string> interfaces = {{1, "lo"}, {2, "eth0"}};
	std::map<uint32_t, std::string> entries;
	std::string standard_output = "/dev/null";     // what the path "-" opens
	std::map<std::string, std::string> redirected; // paths that open another file
	int32_t open_answer = TMON_OK;                 // else what every open returns
	int32_t alert_answer = TMON_OK;                // likewise emit_alert, which then does not record the alert
	int32_t block_answer = TMON_OK;                // likewise
	bool stopping = false;

	// While one exists, the calling thread is within a call into the plugin.
	class Call {
	public:
		explicit Call(Host& host) : host_(&host), outer_(host.caller_) {
			host.set_caller(std::this_thread::get_id());
		}
		Call(const Call&) = delete;
		Call& operator=(const Call&) = delete;
		~Call() { host_->set_caller(outer_); }

	private:
		Host* host_;
		std::thread::id outer_;
	};

private:
	static Host& of(tmon_host_context* context) { return *reinterpret_cast<Host*>(context); }

	void set_caller(std::thread::id caller) {
		const std::lock_guard<std::mutex> lock(mutex_);
		caller_ = caller;
	}
	bool serial(const std::string& service) {
		const std::lock_guard<std::mutex> lock(mutex_);
		if (caller_ == std::this_thread::get_id())
			return true;
		misused.push_back(service);
		return false;
	}

	int32_t emit(const tmon_alert& alert) {
		const std::lock_guard<std::mutex> lock(mutex_);
		if (!TMON_HAS(&alert, tmon_alert, reserved))
			return TMON_E_INVALID;
		if (alert_answer == TMON_OK)
			alerts.emplace_back(alert);
		return alert_answer;
	}

	int32_t add(const tmon_block& block) {
		const std::lock_guard<std::mutex> lock(mutex_);
		const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
		if (!TMON_HAS(&block, tmon_block, reason) || block.prefix_length > 128 || block.ttl_ns < 1000000000u ||
		    (block.prefix_length < 96 && std::memcmp(block.address, mapped, sizeof mapped) == 0))
			return TMON_E_INVALID;
		if (block_answer == TMON_OK)
			blocks.push_back({address_text(block.address), block.prefix_length, block.ttl_ns,
			                  std::string(to_view(block.reason))});
		return block_answer;
	}

	int32_t open(const std::string& path, uint32_t mode, int32_t& fd) {
		if (!serial("open"))
			return TMON_E_INTERNAL;
		opened.push_back(path);
		if (open_answer != TMON_OK) {
			failures.emplace_back(open_answer, path + ": refused");
			return open_answer;
		}
		if (mode > TMON_OPEN_READWRITE)
			return TMON_E_INVALID;
		const auto other = redirected.find(path);
		const std::string real = path == "-"                 ? standard_output
		                         : other == redirected.end() ? path
		                                                     : other->second;
		const int flags = mode == TMON_OPEN_READ     ? O_RDONLY
		                  : mode == TMON_OPEN_APPEND ? O_WRONLY | O_CREAT | O_APPEND
		                                             : O_RDWR | O_CREAT;
		fd = ::open(real.c_str(), flags | O_CLOEXEC, 0640);
		if (fd >= 0)
			return TMON_OK;
		failures.emplace_back(TMON_E_IO, path + ": " + std::strerror(errno));
		return TMON_E_IO;
	}

	int32_t define(const tmon_metric& metric, uint32_t& id) {
		const std::lock_guard<std::mutex> lock(mutex_);
		const std::string name(to_view(metric.name));
		const bool histogram = metric.kind == TMON_METRIC_HISTOGRAM;
		if (!TMON_HAS(&metric, tmon_metric, reserved) || metric.kind > TMON_METRIC_HISTOGRAM ||
		    !is_metric_name(name) || metric.bound_count > (histogram ? 32u : 0u))
			return TMON_E_INVALID;
		std::vector<double> bounds(metric.bounds, metric.bounds + metric.bound_count);
		for (std::size_t i = 0; i < bounds.size(); ++i)
			if (!std::isfinite(bounds[i]) || (i > 0 && !(bounds[i - 1] < bounds[i])))
				return TMON_E_INVALID;
		const auto found = metrics.find(name);
		if (found == metrics.end()) {
			if (metrics.size() >= 64)
				return TMON_E_NOMEM;
			std::vector<uint64_t> counts(histogram ? bounds.size() + 1 : 0);
			metrics.emplace(name,
			                Metric{metric.kind, std::string(to_view(metric.help)), bounds, 0, counts});
			metric_names_.push_back(name);
		} else if (found->second.kind != metric.kind || found->second.bounds != bounds) {
			return TMON_E_INVALID;
		}
		for (id = 0; metric_names_[id] != name;)
			++id;
		return TMON_OK;
	}

	static bool is_metric_name(const std::string& name) {
		return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' &&
		       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
	}

	void record(uint32_t id, double value) {
		const std::lock_guard<std::mutex> lock(mutex_);
		if (id >= metric_names_.size() || std::isnan(value))
			return;
		Metric& metric = metrics.at(metric_names_[id]);
		if (metric.kind == TMON_METRIC_COUNTER && value < 0)
			return;
		metric.value = metric.kind == TMON_METRIC_GAUGE ? value : metric.value + value;
		if (metric.kind != TMON_METRIC_HISTOGRAM)
			return;
		std::size_t bucket = 0;
		while (bucket < metric.bounds.size() && value > metric.bounds[bucket])
			++bucket;
		++metric.counts[bucket];
	}

	tmon_str name(const std::map<uint32_t, std::string>& names, uint32_t id, const char* service) {
		const auto found = names.find(id);
		return !serial(service) || found == names.end() ? tmon_str{nullptr, 0} : to_str(found->second);
	}

	tmon_host table_{};
	std::mutex mutex_;
	std::thread::id caller_;                // the thread within a call into the plugin; nobody's between calls
	std::vector<std::string> metric_names_; // by id
};

} // namespace testing
} // namespace tmon

#endif
