// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/console/source_table.hpp"
#include "traffic_monitor/plugin.hpp"

#include <string>

namespace tmon::console {

// What the summary counts from the start of the run on.
class Traffic {
public:
	explicit Traffic(uint64_t seed) : sources_(seed) {}

	void add(const Batch& batch);
	// The summary at a tick, several lines.
	std::string summary(const tmon_tick& tick) const;

private:
	void append_sources(std::string& out) const;

	SourceTable sources_;
	uint64_t packets_ = 0, bytes_ = 0;
	uint64_t undecidable_ = 0; // packets without a source that could be read
};

} // namespace tmon::console
