// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/random.hpp"
#include "traffic_monitor/plugin.h"

#include <array>
#include <deque>
#include <string>
#include <vector>

namespace tmon {

// An alert as another plugin may have emitted it, with the memory that it points to.
struct StrangeAlert {
	tmon_alert alert{};
	std::deque<std::string> texts;
	std::vector<std::array<uint8_t, 16>> victims;
	std::vector<tmon_measure> measures;

	StrangeAlert() = default;
	StrangeAlert(const StrangeAlert&) = delete;
	StrangeAlert& operator=(const StrangeAlert&) = delete;
	StrangeAlert(StrangeAlert&&) = default; // no element moves

	static StrangeAlert plain();
	static StrangeAlert make(Random& random);

	tmon_str text(std::string value) {
		const std::string& kept = texts.emplace_back(std::move(value));
		return {kept.data(), kept.size()};
	}
};

// Text that is none: NULs, control bytes, broken UTF-8, very long, empty.
std::string strange_text(Random& random);

} // namespace tmon
