// SPDX-License-Identifier: MIT OR Apache-2.0
#include <traffic_monitor/plugin.hpp>

struct Counter : tmon::Plugin {
	using Plugin::Plugin;
	void on_batch(const tmon::Batch& batch) { total += batch.size(); }
	void on_end() { host().info(std::to_string(total) + " events"); }
	uint64_t total = 0;
};
TMON_PLUGIN(Counter, "counter", "1.0.0")
