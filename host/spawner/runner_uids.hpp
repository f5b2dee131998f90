// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <cstdint>
#include <string>

namespace tmon {

// Where all hosts of a machine agree on who uses which user id: byte N is locked while N is taken.
constexpr const char* kUidLocks = "/run/traffic-monitor.uids";

// User ids for runners. Each is one that no account and no process has, and no other host has taken.
class RunnerUids {
public:
	// `locks` is a file of root's; it is made when the first id is taken, and stays.
	explicit RunnerUids(std::string locks);

	uint32_t take(); // throws std::runtime_error
	void give_back(uint32_t uid);

private:
	void open_locks();

	std::string path_;
	Fd locks_;
	uint32_t next_;
};

} // namespace tmon
