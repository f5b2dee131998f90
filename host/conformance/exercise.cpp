// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/exercise.hpp"

#include "host/conformance/strange_alerts.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace tmon {

ProcessUsage::ProcessUsage()
    : tasks_(open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), statm_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

uint64_t ProcessUsage::heap_bytes() const {
	const struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

uint64_t ProcessUsage::mapped_bytes() const {
	char text[128] = {};
	unsigned long long pages = 0;
	if (pread(statm_.get(), text, sizeof text - 1, 0) <= 0 || std::sscanf(text, "%llu", &pages) != 1)
		return 0;
	return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

unsigned ProcessUsage::descriptors() const {
	rlimit limit{};
	getrlimit(RLIMIT_NOFILE, &limit);
	unsigned count = 0;
	for (int fd = 0; fd < static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 4096)); ++fd)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

unsigned ProcessUsage::threads() const {
	struct Entry {
		uint64_t inode;
		int64_t offset;
		unsigned short size;
		unsigned char type;
		char name[1];
	};
	alignas(Entry) char bytes[8192];
	unsigned count = 0;
	lseek(tasks_.get(), 0, SEEK_SET);
	for (long size; (size = syscall(SYS_getdents64, tasks_.get(), bytes, sizeof bytes)) > 0;) {
		for (long at = 0; at < size;) {
			const auto* entry = reinterpret_cast<const Entry*>(bytes + at);
			count += entry->name[0] != '.';
			at += entry->size;
		}
	}
	return count;
}

std::unique_ptr<Instance> Exercise::sound(WatchedHost& host) {
	std::unique_ptr<Instance> instance = bare(host);
	if (const int32_t status = instance->create(order.config); status != TMON_OK) {
		reporter.fail("create refused a configuration that its schema takes: " + order.config.substr(0, 500) + ": " +
		              status_name(status) + ": " + instance->failure() + "; name one that it takes with --config");
		throw CaseStopped{};
	}
	return instance;
}

tmon_tick make_tick(uint64_t now_ns, uint32_t flags) {
	tmon_tick tick{};
	tick.flags = flags;
	tick.now_ns = now_ns;
	tick.clock_offset_ns = 1'700'000'000'000'000'000;
	tick.interval_ns = 1'000'000'000;
	tick.seen = 100'000;
	tick.permitted = 90'000;
	tick.denied = tick.reported = tick.offered = 10'000;
	tick.delivered = 9'000;
	return tick;
}

void Exercise::use(Instance& instance, EventKind kind, const StructShape& shape) {
	uint64_t sequence = 0, now = 0;
	for (const std::size_t count : {1u, 64u, 300u}) {
		const std::vector<tmon_event> events = make_events(random, kind, count);
		instance.on_batch(events, sequence, 0, 0, shape);
		sequence += count;
		now = events.back().time_ns;
		instance.on_tick(make_tick(now), shape.tail);
	}
	instance.on_alert(StrangeAlert::plain().alert, shape.tail);
	instance.flush();
	instance.on_end();
	instance.flush();
	instance.on_tick(make_tick(now, TMON_TICK_FINAL), shape.tail);
	instance.flush();
}

} // namespace tmon
