// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/plugin_account.hpp"

#include <algorithm>

namespace tmon {

namespace {

uint64_t read(const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); }

} // namespace

PluginAccount::PluginAccount(const EventRings& rings) : rings_(rings) {
	for (uint32_t ring = 0; ring < rings.rings(); ++ring)
		start_.push_back(rings.head(ring));
	next_.cursors = start_;
	next_.untold.assign(start_.size(), 0);
}

// Delivered, lagged and failed never exceed what it has taken.
PluginAccount::Events PluginAccount::live(const RunnerLink& runner) const {
	Events events;
	const RunnerPage& page = runner.page();
	// Counters first, cursors then: what is counted has been taken.
	events.delivered = read(page.delivered);
	events.lagged = read(page.lagged);
	events.failed = read(page.failed);
	for (uint32_t ring = 0; ring < start_.size(); ++ring)
		events.taken += runner.cursor(ring) - runner.start_point().cursors[ring];
	events.delivered = std::min(events.delivered, events.taken);
	events.lagged = std::min(events.lagged, events.taken - events.delivered);
	events.failed = std::min(events.failed, events.taken - events.delivered - events.lagged);
	events.pending = events.taken - events.delivered - events.lagged - events.failed;
	return events;
}

void PluginAccount::close(const RunnerLink& runner) {
	takes_events_ = runner.traits().id.empty() ? takes_events_ : runner.traits().takes_events;
	const bool lied = !runner.impossible(false).empty() ||
	                  read(runner.page().delivered) + read(runner.page().lagged) > live(runner).taken;
	Events events = live(runner);
	if (lied) {
		// Nothing of what it says is believed, and nobody knows what it has read.
		events = {};
		for (uint32_t ring = 0; ring < start_.size(); ++ring)
			events.taken += rings_.head(ring) - runner.start_point().cursors[ring];
	}
	delivered_ += events.delivered;
	lagged_ += events.lagged;
	failed_ += events.taken - events.delivered - events.lagged;
	for (uint32_t ring = 0; ring < start_.size(); ++ring) {
		const uint64_t begin = runner.start_point().cursors[ring];
		next_.cursors[ring] = lied ? begin + (rings_.head(ring) - begin) : runner.cursor(ring);
		next_.untold[ring] = lied ? 0 : std::min(read(runner.page().untold[ring]), runner.cursor(ring));
	}

	const uint64_t alerts = std::min(read(runner.page().alerts_delivered), runner.alerts_sent());
	alerts_delivered_ += alerts;
	alerts_failed_ += runner.alerts_sent() - alerts;
	// What was on its way when it died has not arrived.
	const uint64_t emitted = std::max(read(runner.page().alerts_emitted), runner.alerts_received());
	emitted_.emitted += emitted;
	emitted_.accepted += runner.alerts_received();
	emitted_.refused += emitted - runner.alerts_received();
	std::vector<MetricValue> metrics = read_metrics(runner.page().metrics);
	add_earlier(metrics, metrics_);
	metrics_ = std::move(metrics);
	lines_lost_ += runner.lines_lost();
}

PluginTotals PluginAccount::totals(const RunnerLink* current) const {
	PluginTotals totals;
	totals.alerts_accepted = alerts_accepted_;
	totals.alerts_delivered = alerts_delivered_;
	totals.alerts_failed = alerts_failed_;
	if (current) {
		const uint64_t delivered = std::min(read(current->page().alerts_delivered), current->alerts_sent());
		totals.alerts_delivered += delivered;
		totals.alerts_failed += std::min(read(current->page().alerts_failed), current->alerts_sent() - delivered);
	}
	totals.alerts_pending = totals.alerts_accepted - totals.alerts_delivered - totals.alerts_failed;
	if (!(current && !current->traits().id.empty() ? current->traits().takes_events : takes_events_))
		return totals;

	totals.delivered = delivered_;
	totals.lagged = lagged_;
	totals.failed = failed_;
	if (current) {
		const Events events = live(*current);
		totals.delivered += events.delivered;
		totals.lagged += events.lagged;
		totals.failed += events.failed;
		totals.pending += events.pending;
	}
	for (uint32_t ring = 0; ring < start_.size(); ++ring) {
		const uint64_t head = rings_.head(ring);
		const uint64_t read_to = current ? current->cursor(ring) : next_.cursors[ring];
		totals.offered += head - start_[ring];
		totals.pending += head - std::min(read_to, head);
	}
	if (ended_) {
		totals.failed += totals.pending;
		totals.pending = 0;
	}
	return totals;
}

AlertTotals PluginAccount::emitted(const RunnerLink* current) const {
	AlertTotals alerts = emitted_;
	if (!current)
		return alerts;
	alerts.emitted += read(current->page().alerts_emitted);
	alerts.accepted += current->alerts_received();
	alerts.refused += read(current->page().alerts_refused);
	return alerts;
}

std::vector<MetricValue> PluginAccount::metrics(const RunnerLink* current) const {
	if (!current)
		return metrics_;
	std::vector<MetricValue> metrics = read_metrics(current->page().metrics);
	add_earlier(metrics, metrics_);
	return metrics;
}

uint64_t PluginAccount::lines_lost(const RunnerLink* current) const {
	return lines_lost_ + (current ? current->lines_lost() : 0);
}

} // namespace tmon
