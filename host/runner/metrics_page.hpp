// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The metrics of one plugin, in the memory that its runner shares with the host: defined and recorded by the
// runner without a message, read by the host whenever it likes.
#pragma once

#include "host/stats/metric_value.hpp"
#include "traffic_monitor/plugin.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace tmon {

constexpr uint32_t kMaxMetrics = 64;
constexpr uint32_t kMaxBounds = 32;

struct MetricSlot {
	uint32_t kind;
	uint32_t bound_count;
	char name[68]; // NUL-terminated, and so is help
	char help[188];
	double bounds[kMaxBounds];
	std::atomic<uint64_t> value;                   // a double: of a counter or gauge, the sum of a histogram
	std::atomic<uint64_t> buckets[kMaxBounds + 1]; // of a histogram: values up to that bound, and above the last
};

struct MetricsPage {
	std::atomic<uint32_t> defined; // slots that may be read; a slot does not change once it counts
	uint32_t reserved;
	MetricSlot slots[kMaxMetrics];
};

// The runner's side. Only one thread at a time defines.
// TMON_OK and the id, or why not; see tmon_host.metric_define.
int32_t define_metric(MetricsPage& page, const tmon_metric& metric, uint32_t& id);
// [any-thread]
void record_metric(MetricsPage& page, uint32_t id, double value) noexcept;

// The host's side.
//
// What can be read of a page that a plugin may have written anything into: well-formed metrics only, each name
// once.
std::vector<MetricValue> read_metrics(const MetricsPage& page);

// Adds what ended runners of the same plugin have recorded: counters and histograms of the same definition go
// on, gauges and everything that only `earlier` has stay as they are.
void add_earlier(std::vector<MetricValue>& metrics, const std::vector<MetricValue>& earlier);

} // namespace tmon
