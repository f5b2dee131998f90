// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/e2e/monitor.hpp"

#include <traffic_monitor/event.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace tmon::test {

// The plugin "records", and what it has written.
class Recorder {
public:
	boost::json::object plugin(boost::json::object config = {}) const {
		config["file"] = (files_ / "events").string();
		config["names_file"] = (files_ / "names").string();
		return test::plugin(test_plugin("records"), "records", std::move(config));
	}

	std::vector<tmon_event> events() const {
		const std::string bytes = read_file(files_ / "events");
		if (bytes.size() % sizeof(tmon_event) != 0)
			throw std::runtime_error("an event is written in part");
		std::vector<tmon_event> events(bytes.size() / sizeof(tmon_event));
		std::memcpy(events.data(), bytes.data(), bytes.size());
		return events;
	}
	// "ID NAME\n" for each entry that has decided.
	std::string names() const { return read_file(files_ / "names"); }

private:
	TempDir files_;
};

} // namespace tmon::test
