// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace tmon::test {

inline std::string in_dist(const std::string& path) {
	const char* dist = std::getenv("TMON_DIST");
	if (dist == nullptr)
		throw std::runtime_error("TMON_DIST names no tree to test");
	return std::string(dist) + '/' + path;
}

// `traffic-monitor plugins ARGUMENT…` to its end.
inline Finished plugins(std::vector<std::string> arguments) {
	arguments.insert(arguments.begin(), {in_dist("bin/traffic-monitor"), "plugins"});
	return run(std::move(arguments), {}, std::chrono::seconds(120));
}

inline std::string defective(const std::string& name) { return TMON_DEFECTIVE_PLUGINS "/" + name + ".so"; }

inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace tmon::test
