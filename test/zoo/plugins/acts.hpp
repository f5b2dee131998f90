// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the animals of the zoo do, by the word in their configuration.
#pragma once

#include <traffic_monitor/config.hpp>
#include <traffic_monitor/plugin.h>

#include <cstdint>
#include <string>

namespace zoo {

struct Animal {
	const tmon_host* host;
	tmon::Config config;
	int victim = 0; // pid

	void say(const std::string& text) const { host->log(host->context, TMON_LOG_INFO, {text.data(), text.size()}); }
};

// Does what config "do" says; the status that the call is to return, if it returns.
int32_t act(const Animal& animal);

// Each does what it knows of `word`; false when that is nothing.
bool crash(const std::string& word);
bool flood(const Animal& animal, const std::string& word);
bool attack(const Animal& animal, const std::string& word);
bool forge(const Animal& animal, const std::string& word);

int32_t save_too_much(const Animal& animal, tmon_state_write write, void* sink);

} // namespace zoo
