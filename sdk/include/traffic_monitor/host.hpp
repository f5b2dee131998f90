// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef TRAFFIC_MONITOR_HOST_HPP
#define TRAFFIC_MONITOR_HOST_HPP

#include "alert.hpp"
#include "plugin.h"
#include "text.hpp"

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tmon {

// The services of the host. Cheap to copy; valid until the plugin is destroyed.
class Host {
public:
	explicit Host(const tmon_host& raw) noexcept : raw_(&raw) {}

	void log(uint32_t level, std::string_view text) const noexcept {
		raw_->log(raw_->context, level, to_str(text));
	}
	void debug(std::string_view text) const noexcept { log(TMON_LOG_DEBUG, text); }
	void info(std::string_view text) const noexcept { log(TMON_LOG_INFO, text); }
	void warning(std::string_view text) const noexcept { log(TMON_LOG_WARNING, text); }
	void error(std::string_view text) const noexcept { log(TMON_LOG_ERROR, text); }
	void fail(int32_t status, std::string_view text) const noexcept {
		raw_->fail(raw_->context, status, to_str(text));
	}

	// False: the queue to the host is full; the alert was refused and counted.
	bool emit(const tmon_alert& alert) const noexcept { return raw_->emit_alert(raw_->context, &alert) == TMON_OK; }
	bool emit(const Alert& alert) const noexcept { return emit(alert.raw()); }

	// A status other than TMON_OK tells why not; see tmon_host.block.
	int32_t block(const tmon_block& block) const noexcept { return raw_->block(raw_->context, &block); }
	// One address, for some seconds.
	int32_t block(const uint8_t (&address)[16], uint64_t seconds, std::string_view reason) const noexcept {
		tmon_block block = {sizeof(tmon_block), 128, {}, seconds * 1000000000u, to_str(reason)};
		std::memcpy(block.address, address, sizeof block.address);
		return raw_->block(raw_->context, &block);
	}

	// A descriptor that the caller owns. Returns a negative status when it cannot be had; the reason
	// has then been given to fail.
	int32_t open(std::string_view path, uint32_t mode, int32_t& fd) const noexcept {
		return raw_->open(raw_->context, to_str(path), mode, &fd);
	}

	// The id of a metric for record. Throws Error when it cannot be defined.
	uint32_t counter(std::string_view name, std::string_view help) const {
		return define(TMON_METRIC_COUNTER, name, help, nullptr, 0);
	}
	uint32_t gauge(std::string_view name, std::string_view help) const {
		return define(TMON_METRIC_GAUGE, name, help, nullptr, 0);
	}
	uint32_t histogram(std::string_view name, std::string_view help, std::initializer_list<double> bounds) const {
		return define(TMON_METRIC_HISTOGRAM, name, help, bounds.begin(), static_cast<uint32_t>(bounds.size()));
	}
	// Counter: adds; gauge: sets; histogram: observes.
	void record(uint32_t metric, double value) const noexcept { raw_->metric_record(raw_->context, metric, value); }

	std::string_view interface_name(uint32_t ifindex) const noexcept {
		return to_view(raw_->interface_name(raw_->context, ifindex));
	}
	std::string_view entry_name(uint32_t entry) const noexcept {
		return to_view(raw_->entry_name(raw_->context, entry));
	}
	bool stop_requested() const noexcept { return raw_->stop_requested(raw_->context) != 0; }
	const tmon_host& raw() const noexcept { return *raw_; }

private:
	uint32_t define(uint32_t kind, std::string_view name, std::string_view help, const double* bounds,
	                uint32_t count) const {
		const tmon_metric metric = {sizeof(tmon_metric), kind, to_str(name), to_str(help), bounds, count, 0};
		uint32_t id = 0;
		if (const int32_t status = raw_->metric_define(raw_->context, &metric, &id); status != TMON_OK)
			throw Error(status, "the metric " + std::string(name) + " cannot be defined");
		return id;
	}

	const tmon_host* raw_;
};

} // namespace tmon

#endif
