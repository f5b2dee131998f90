// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The least a plugin can do with events: read each of them.
#include "traffic_monitor/plugin.hpp"

struct Sink : tmon::Plugin {
	using Plugin::Plugin;
	void on_batch(const tmon::Batch& batch) {
		for (const tmon_event& event : batch)
			bytes_ += event.packet_size;
	}
	uint64_t bytes_ = 0;
	~Sink() { host().debug("bytes " + std::to_string(bytes_)); }
};

TMON_PLUGIN(Sink, "bench-sink", "1.0.0")
