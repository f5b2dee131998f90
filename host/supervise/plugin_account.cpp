// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the host makes of a plugin's counters: the plugin could have written any of them.
#include "host/supervise/plugin_instance.hpp"

#include <algorithm>

namespace tmon {

PluginTotals PluginInstance::totals() const {
	PluginTotals totals;
	totals.name = config_.name;
	totals.alerts_accepted = alerts_accepted_;
	// What the page says is bounded by what we know: the plugin may have written it.
	totals.alerts_delivered = std::min(page_->alerts_delivered.load(std::memory_order_relaxed), alerts_sent_);
	const uint64_t alerts_failed =
	    std::min(page_->alerts_failed.load(std::memory_order_relaxed), alerts_sent_ - totals.alerts_delivered);
	totals.alerts_failed = alerts_failed + alerts_overflowed_;
	totals.alerts_pending = alerts_queued_ + alerts_sent_ - totals.alerts_delivered - alerts_failed;
	const bool dead = state_ == State::dead;
	if (dead) { // nobody is left to take them
		totals.alerts_failed += totals.alerts_pending;
		totals.alerts_pending = 0;
	}
	if (!traits_.takes_events)
		return totals;

	totals.delivered = page_->delivered.load(std::memory_order_relaxed);
	totals.lagged = page_->lagged.load(std::memory_order_relaxed);
	totals.failed = page_->failed.load(std::memory_order_relaxed);
	const uint64_t in_hand = page_->in_hand.load(std::memory_order_relaxed);
	uint64_t taken = 0;
	for (uint32_t ring = 0; ring < start_cursors_.size(); ++ring) {
		const uint64_t told = page_->cursor[ring].load(std::memory_order_acquire);
		const uint64_t head = environment_.rings.head(ring);
		const uint64_t cursor = std::clamp(told, start_cursors_[ring], head);
		totals.offered += head - start_cursors_[ring];
		taken += cursor - start_cursors_[ring];
	}
	totals.pending = std::min(in_hand, taken) + totals.offered - taken;
	if (dead) {
		// What it held and what came since has had no effect, and will have none. Not the sum of what the page
		// says: the runner may have died between two of its counts.
		const uint64_t settled = totals.delivered + totals.lagged;
		totals.failed = totals.offered - std::min(settled, totals.offered);
		totals.pending = 0;
	}
	return totals;
}

AlertTotals PluginInstance::emitted_alerts() const {
	AlertTotals alerts;
	alerts.emitted = page_->alerts_emitted.load(std::memory_order_relaxed);
	alerts.accepted = alerts_received_;
	alerts.refused = page_->alerts_refused.load(std::memory_order_relaxed);
	if (state_ == State::dead) { // what was on its way when it died has not arrived
		alerts.emitted = std::max(alerts.emitted, alerts.accepted);
		alerts.refused = alerts.emitted - alerts.accepted;
	}
	return alerts;
}

} // namespace tmon
