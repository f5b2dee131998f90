// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sandbox/limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tmon {

namespace {

// Address space beside data: libraries, and what allocators reserve for each thread without using it.
constexpr uint64_t kReservedSpace = uint64_t{1} << 30;
constexpr uint64_t kLockedBytes = 64 * 1024;
constexpr uint64_t kPendingSignals = 1024; // each timer takes one

// What the process has now, in bytes: `key` is a line of /proc/self/status that counts kB.
uint64_t size_now(const std::string& key) {
	std::ifstream status("/proc/self/status");
	for (std::string word; status >> word;) {
		uint64_t kilobytes = 0;
		if (word == key + ":" && status >> kilobytes)
			return kilobytes * 1024;
	}
	throw std::runtime_error("cannot limit the memory: /proc/self/status tells no " + key);
}

uint64_t sum(uint64_t a, uint64_t b) {
	return a > std::numeric_limits<uint64_t>::max() - b ? std::numeric_limits<uint64_t>::max() : a + b;
}

// Both the soft and the hard limit, never above a hard limit that is there already.
void limit(__rlimit_resource resource, uint64_t value, const char* what) {
	rlimit now{};
	if (getrlimit(resource, &now) != 0)
		throw std::system_error(errno, std::generic_category(),
		                        std::string("cannot read the limit of ") + what);
	const rlim_t most = std::min<rlim_t>(value, now.rlim_max);
	const rlimit wanted{most, most};
	if (setrlimit(resource, &wanted) != 0)
		throw std::system_error(errno, std::generic_category(), std::string("cannot limit ") + what);
}

} // namespace

void set_limits(const SandboxRules& rules) {
	// Relative to what is there: the rings are mapped already, and a sanitizer maps terabytes of shadow.
	const uint64_t data = size_now("VmData"), space = size_now("VmSize");
	limit(RLIMIT_DATA, sum(data, rules.memory_bytes), "memory");
	limit(RLIMIT_AS, sum(sum(space, kReservedSpace), sum(rules.memory_bytes, rules.memory_bytes)), "address space");
	limit(RLIMIT_NOFILE, rules.files, "open files");
	// The kernel counts by user: with a user that others have, too, their threads would use up this limit.
	if (rules.own_user)
		limit(RLIMIT_NPROC, rules.threads, "threads");
	limit(RLIMIT_CORE, 0, "core dumps");
	limit(RLIMIT_MEMLOCK, kLockedBytes, "locked memory");
	limit(RLIMIT_MSGQUEUE, 0, "message queues");
	limit(RLIMIT_SIGPENDING, kPendingSignals, "pending signals");
	limit(RLIMIT_RTPRIO, 0, "real-time priority");
	limit(RLIMIT_NICE, 0, "priority");
}

} // namespace tmon
