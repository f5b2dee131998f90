// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a sandboxed process can use up.
#include "test/support/privileged.hpp"
#include "test/unit/host/sandbox/sandboxed.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/resource.h>

#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;

constexpr uint64_t kMiB = uint64_t{1} << 20;

int try_map(uint64_t bytes) {
	return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno
	                                                                                                      : 0;
}

BOOST_AUTO_TEST_CASE(memory) {
	SandboxRules rules;
	rules.memory_bytes = 64 * kMiB;
	BOOST_TEST(in_sandbox(rules, [] { return try_map(48 * kMiB); }) == 0);
	BOOST_TEST(in_sandbox(rules, [] { return try_map(65 * kMiB); }) == ENOMEM);
	BOOST_TEST(in_sandbox(rules, [] { return try_map(40 * kMiB) == 0 ? try_map(40 * kMiB) : 1; }) == ENOMEM);
	// Address space that nobody writes is not memory, but has its limit, too.
	BOOST_TEST(in_sandbox(rules, [] {
		           return mmap(nullptr, 4096 * kMiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		                          MAP_FAILED
		                      ? errno
		                      : 0;
	           }) == ENOMEM);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(TMON_THREAD_SANITIZER) // their operator new ends the process instead
BOOST_AUTO_TEST_CASE(too_much_memory_is_a_bad_alloc) {
	SandboxRules rules;
	rules.memory_bytes = 32 * kMiB;
	BOOST_TEST(in_sandbox(rules, [] {
		           std::vector<std::vector<char>> held;
		           try {
			           for (int i = 0; i < 64; ++i)
				           held.emplace_back(kMiB, 'x');
		           } catch (const std::bad_alloc&) {
			           return held.size() > 16 && held.size() < 33 ? 0 : 1;
		           }
		           return 2;
	           }) == 0);
}
#endif

BOOST_AUTO_TEST_CASE(descriptors) {
	SandboxRules rules;
	rules.files = 20;
	BOOST_TEST(in_sandbox(rules, [] {
		           int fd;
		           while ((fd = dup(0)) >= 0) {
			           if (fd >= 20)
				           return 1;
		           }
		           return errno;
	           }) == EMFILE);
}

#ifndef TMON_THREAD_SANITIZER // which ends the process when it gets no thread
BOOST_AUTO_TEST_CASE(threads_of_the_process, *needs_root()) {
	SandboxRules rules;
	rules.own_user = true;
	rules.threads = 8;
	const int started = in_sandbox(rules, [] {
		std::vector<std::thread> threads;
		std::mutex mutex;
		std::unique_lock hold(mutex);
		try {
			for (int i = 0; i < 20; ++i)
				threads.emplace_back([&mutex] { const std::lock_guard wait(mutex); });
		} catch (const std::system_error&) {
		}
		hold.unlock();
		for (std::thread& thread : threads)
			thread.join();
		return static_cast<int>(threads.size());
	});
	BOOST_TEST(started == 7); // beside the first
}
#endif

BOOST_AUTO_TEST_CASE(no_core_and_nothing_is_raised) {
	BOOST_TEST(in_sandbox({}, [] {
		           rlimit core{1, 1}, locked{}, space{};
		           getrlimit(RLIMIT_CORE, &core);
		           getrlimit(RLIMIT_MEMLOCK, &locked);
		           getrlimit(RLIMIT_AS, &space);
		           return core.rlim_max == 0 && locked.rlim_max <= 65536 && space.rlim_max != RLIM_INFINITY ? 0
		                                                                                                    : 1;
	           }) == 0);
	SandboxRules rules;
	rules.files = 1000;
	BOOST_TEST(in_child([&] {
		           const rlimit low{30, 30};
		           setrlimit(RLIMIT_NOFILE, &low);
		           enter_sandbox(rules);
		           rlimit files{};
		           getrlimit(RLIMIT_NOFILE, &files);
		           return files.rlim_cur == 30 && files.rlim_max == 30 ? 0 : 1;
	           }) == 0);
}

} // namespace
