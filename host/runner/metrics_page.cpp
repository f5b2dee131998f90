// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/metrics_page.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <string_view>

namespace tmon {

namespace {

bool is_metric_name(std::string_view name) {
	const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
	return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
	       std::all_of(name.begin(), name.end(),
	                   [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool are_bounds(uint32_t kind, const double* bounds, uint32_t count) {
	if (kind > TMON_METRIC_HISTOGRAM || (kind != TMON_METRIC_HISTOGRAM && count != 0) || count > kMaxBounds)
		return false;
	for (uint32_t i = 0; i < count; ++i) {
		if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
			return false;
	}
	return true;
}

std::string_view view(tmon_str text) {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

// A text in memory that another process writes.
template <std::size_t Size>
std::string text_of(const char (&bytes)[Size]) {
	return {bytes, strnlen(bytes, Size)};
}

void add(std::atomic<uint64_t>& cell, double amount) noexcept {
	uint64_t old = cell.load(std::memory_order_relaxed);
	while (!cell.compare_exchange_weak(old, std::bit_cast<uint64_t>(std::bit_cast<double>(old) + amount),
	                                   std::memory_order_relaxed))
		;
}

bool same_definition(const MetricValue& a, const MetricValue& b) {
	return a.kind == b.kind && a.name == b.name && a.bounds == b.bounds;
}

} // namespace

int32_t define_metric(MetricsPage& page, const tmon_metric& metric, uint32_t& id) {
	if (!TMON_HAS(&metric, tmon_metric, bound_count))
		return TMON_E_INVALID;
	const std::string_view name = view(metric.name);
	if (!is_metric_name(name) || !are_bounds(metric.kind, metric.bounds, metric.bound_count))
		return TMON_E_INVALID;
	const uint32_t defined = std::min(page.defined.load(std::memory_order_relaxed), kMaxMetrics);
	for (uint32_t i = 0; i < defined; ++i) {
		const MetricSlot& slot = page.slots[i];
		if (name != text_of(slot.name))
			continue;
		if (slot.kind != metric.kind || slot.bound_count != metric.bound_count ||
		    !std::equal(slot.bounds, slot.bounds + metric.bound_count, metric.bounds))
			return TMON_E_INVALID;
		id = i;
		return TMON_OK;
	}
	if (defined == kMaxMetrics)
		return TMON_E_NOMEM;
	MetricSlot& slot = page.slots[defined];
	slot.kind = metric.kind;
	slot.bound_count = metric.bound_count;
	name.copy(slot.name, sizeof slot.name - 1);
	view(metric.help).copy(slot.help, sizeof slot.help - 1);
	std::copy_n(metric.bounds, metric.bound_count, slot.bounds);
	page.defined.store(defined + 1, std::memory_order_release);
	id = defined;
	return TMON_OK;
}

void record_metric(MetricsPage& page, uint32_t id, double value) noexcept {
	if (id >= std::min(page.defined.load(std::memory_order_acquire), kMaxMetrics) || std::isnan(value))
		return;
	MetricSlot& slot = page.slots[id];
	if (slot.kind == TMON_METRIC_GAUGE) {
		slot.value.store(std::bit_cast<uint64_t>(value), std::memory_order_relaxed);
	} else if (slot.kind == TMON_METRIC_COUNTER) {
		if (value >= 0)
			add(slot.value, value);
	} else {
		const uint32_t count = std::min(slot.bound_count, kMaxBounds);
		const auto bucket = std::lower_bound(slot.bounds, slot.bounds + count, value) - slot.bounds;
		slot.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
		add(slot.value, value);
	}
}

std::vector<MetricValue> read_metrics(const MetricsPage& page) {
	std::vector<MetricValue> metrics;
	std::set<std::string> names;
	const uint32_t defined = std::min(page.defined.load(std::memory_order_acquire), kMaxMetrics);
	for (uint32_t i = 0; i < defined; ++i) {
		const MetricSlot& slot = page.slots[i];
		MetricValue metric;
		// Copied first, looked at then: it may change under our eyes.
		metric.kind = __atomic_load_n(&slot.kind, __ATOMIC_RELAXED);
		const uint32_t bounds = std::min(__atomic_load_n(&slot.bound_count, __ATOMIC_RELAXED), kMaxBounds);
		metric.bounds.assign(slot.bounds, slot.bounds + bounds);
		metric.name = text_of(slot.name);
		metric.help = text_of(slot.help);
		if (!is_metric_name(metric.name) || !are_bounds(metric.kind, metric.bounds.data(), bounds) ||
		    !names.insert(metric.name).second)
			continue;
		metric.value = std::bit_cast<double>(slot.value.load(std::memory_order_relaxed));
		if (metric.kind == TMON_METRIC_HISTOGRAM) {
			for (uint32_t bucket = 0; bucket <= bounds; ++bucket)
				metric.buckets.push_back(slot.buckets[bucket].load(std::memory_order_relaxed));
		}
		metrics.push_back(std::move(metric));
	}
	return metrics;
}

void add_earlier(std::vector<MetricValue>& metrics, const std::vector<MetricValue>& earlier) {
	for (const MetricValue& old : earlier) {
		const auto same = std::find_if(metrics.begin(), metrics.end(),
		                               [&](const MetricValue& metric) { return metric.name == old.name; });
		if (same == metrics.end()) {
			metrics.push_back(old);
			continue;
		}
		if (!same_definition(*same, old) || same->kind == TMON_METRIC_GAUGE)
			continue;
		same->value += old.value;
		for (std::size_t i = 0; i < same->buckets.size(); ++i)
			same->buckets[i] += old.buckets[i];
	}
}

} // namespace tmon
