// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmon {

// A metric that a plugin has defined, and what has been recorded of it.
struct MetricValue {
	uint32_t kind = 0; // TMON_METRIC_
	std::string name;
	std::string help;
	double value = 0; // of a counter or gauge; the sum of a histogram
	std::vector<double> bounds;
	std::vector<uint64_t> buckets; // values up to each bound, and above the last; not summed up
};

} // namespace tmon
