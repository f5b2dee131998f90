// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>

#include <time.h>

namespace tmon {

// Nanoseconds of CLOCK_MONOTONIC or CLOCK_REALTIME.
inline int64_t clock_ns(clockid_t clock) {
	timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// What to add to a monotonic time to get UTC.
inline int64_t utc_offset_ns() { return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC); }

} // namespace tmon
