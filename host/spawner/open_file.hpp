// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <cstdint>
#include <string>

namespace tmon {

struct Opened {
	int32_t status = 0; // TMON_OK, or why there is no descriptor
	Fd descriptor;
	std::string reason; // for people, where status is not TMON_OK
};

Opened refuse_open(int32_t status, const std::string& path, const std::string& reason);

// Opens `path`, taken relative to the working directory, for a plugin; `mode` is a TMON_OPEN_ value. What is to
// be written is created with 0640 where it is missing. Never waits for the other end of a FIFO; never opens a
// directory.
Opened open_file(const std::string& path, uint32_t mode);

} // namespace tmon
