// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/plugin_account.hpp"

#include <algorithm>

namespace tmon {

namespace {

// Alerts that one runner can have had refused: more takes longer than any runs. What a plugin claims must not make the
// sum over all plugins run over.
constexpr uint64_t kMostRefused = uint64_t{1} << 40;

uint64_t read(const std::atomic<uint64_t>& counter) { return counter.load(std::memory_order_relaxed); }

uint64_t refused(uint64_t emitted, uint64_t received) {
	return std::min(std::max(emitted, received) - received, kMostRefused);
}

} // namespace

PluginAccount::PluginAccount(const EventRings& rings, const std::vector<uint64_t>& untold) : rings_(rings) {
	for (uint32_t ring = 0; ring < rings.rings(); ++ring)
		start_.push_back(rings.head(ring));
	next_.cursors = start_;
	next_.untold = untold;
	next_.untold.resize(start_.size(), 0);
}

// Delivered, lagged and failed never exceed what it has taken.
PluginAccount::Events PluginAccount::believable(const RunnerFigures& figures) {
	Events events;
	events.delivered = std::min(figures.delivered, figures.taken);
	events.lagged = std::min(figures.lagged, figures.taken - events.delivered);
	events.failed = std::min(figures.failed, figures.taken - events.delivered - events.lagged);
	events.pending = figures.taken - events.delivered - events.lagged - events.failed;
	return events;
}

void PluginAccount::close(const RunnerLink& runner) {
	takes_events_ = runner.traits().id.empty() ? takes_events_ : runner.traits().takes_events;
	RunnerFigures figures = runner.figures();
	Events events = believable(figures);
	if (!figures.wrong_cursor.empty() || figures.exceed()) {
		// Nothing of what it says is believed, and nobody knows what it has read.
		figures.taken = 0;
		for (uint32_t ring = 0; ring < start_.size(); ++ring) {
			figures.cursors[ring] = rings_.head(ring);
			figures.untold[ring] = 0;
			figures.taken += figures.cursors[ring] - runner.start_point().cursors[ring];
		}
		events = {};
	}
	delivered_ += events.delivered;
	lagged_ += events.lagged;
	failed_ += figures.taken - events.delivered - events.lagged;
	next_ = {std::move(figures.cursors), std::move(figures.untold)};

	const uint64_t alerts = std::min(read(runner.page().alerts_delivered), runner.alerts_sent());
	alerts_delivered_ += alerts;
	alerts_failed_ += runner.alerts_sent() - alerts;
	// What was on its way when it died has not arrived.
	const uint64_t lost = refused(read(runner.page().alerts_emitted), runner.alerts_received());
	emitted_.emitted += runner.alerts_received() + lost;
	emitted_.accepted += runner.alerts_received();
	emitted_.refused += lost;
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
	std::vector<uint64_t> read_to = next_.cursors;
	if (current) {
		RunnerFigures figures = current->figures();
		const Events events = believable(figures);
		totals.delivered += events.delivered;
		totals.lagged += events.lagged;
		totals.failed += events.failed;
		totals.pending += events.pending;
		read_to = std::move(figures.cursors);
	}
	for (uint32_t ring = 0; ring < start_.size(); ++ring) {
		// No less than any cursor, which was read before.
		const uint64_t head = last_ ? std::max((*last_)[ring], read_to[ring]) : rings_.head(ring);
		totals.offered += head - start_[ring];
		totals.pending += head - read_to[ring];
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
	const uint64_t received = current->alerts_received();
	const uint64_t lost = std::min(read(current->page().alerts_refused), kMostRefused) + current->alerts_turned_away();
	alerts.emitted += received + lost;
	alerts.accepted += received;
	alerts.refused += lost;
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
