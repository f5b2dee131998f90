// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/ring/event_rings.hpp"
#include "host/runner/metrics_page.hpp"
#include "host/stats/totals.hpp"
#include "host/supervise/runner_link.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tmon {

// The account of one plugin over all the runners that it has had: what those that are gone have left, and what the
// present one says, as far as that can be true.
class PluginAccount {
public:
	// Events count from the heads of now on.
	// `untold`: as RunnerEnvironment has it.
	explicit PluginAccount(const EventRings& rings, const std::vector<uint64_t>& untold = {});

	// Where the next runner begins.
	const StartPoint& next() const noexcept { return next_; }

	// A runner has handed over, or ended: its figures are final. What it took and did not account for has failed, and
	// all of it has when its figures cannot be true.
	void close(const RunnerLink& runner);

	// Nobody will read any more: what is reported from here on has failed, too.
	void close_for_good() noexcept { ended_ = true; }
	void reopen() noexcept { ended_ = false; }
	// What is reported from `heads` on is not offered to it any more, unless it takes it before it goes.
	void leave(std::vector<uint64_t> heads) { last_ = std::move(heads); }

	// Alerts for the plugin.
	void accept_alert() noexcept { ++alerts_accepted_; }
	void fail_alerts(uint64_t count) noexcept { alerts_failed_ += count; }
	// From a runner whose figures are in the account already.
	void count_late_alert() noexcept {
		++emitted_.emitted;
		++emitted_.accepted;
	}

	// `current` may be null; its figures are not in the account yet.
	PluginTotals totals(const RunnerLink* current) const;
	AlertTotals emitted(const RunnerLink* current) const;
	std::vector<MetricValue> metrics(const RunnerLink* current) const;
	uint64_t lines_lost(const RunnerLink* current) const;

private:
	struct Events {
		uint64_t delivered = 0, lagged = 0, failed = 0, pending = 0;
	};
	static Events believable(const RunnerFigures& figures);

	const EventRings& rings_;
	std::vector<uint64_t> start_;
	StartPoint next_;
	std::optional<std::vector<uint64_t>> last_;
	bool takes_events_ = true;
	bool ended_ = false;
	uint64_t delivered_ = 0, lagged_ = 0, failed_ = 0;
	uint64_t alerts_accepted_ = 0, alerts_delivered_ = 0, alerts_failed_ = 0;
	AlertTotals emitted_;
	std::vector<MetricValue> metrics_;
	uint64_t lines_lost_ = 0;
};

} // namespace tmon
