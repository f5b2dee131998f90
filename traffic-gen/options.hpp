// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/scenario.hpp"

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <variant>

namespace tmon {

inline constexpr int exit_runtime = 1;
inline constexpr int exit_usage = 2;

// How frames get onto an interface.
enum class Method { automatic, live, socket };

struct Options {
	ScenarioOptions scenario;
	std::string interface; // exactly one of these two is set
	std::string file;
	uint64_t count = 1000;
	uint64_t rate = 0;
	std::chrono::nanoseconds timeout = std::chrono::seconds(60);
	uint64_t start_ns = 0; // first time in a capture
	Method method = Method::automatic;
	bool bypass_qdisc = true;
	bool json = false;
};

// The options, or the exit status when there is nothing left to do: help has been written to `out`, or what
// is wrong to `err`.
std::variant<Options, int> parse_options(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

} // namespace tmon
