// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the sandbox says of itself, and what an honest plugin does in it.
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"
#include "test/unit/host/sandbox/sandboxed.hpp"

#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <filesystem>
#include <locale>
#include <sstream>
#include <thread>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;

int sealed_copy(const std::string& path) {
	const int fd = memfd_create("plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const std::string bytes = read_file(path);
	if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
		throw std::runtime_error("cannot copy " + path);
	return fd;
}

int load(int fd) {
	void* library = dlopen(("/proc/self/fd/" + std::to_string(fd)).c_str(), RTLD_NOW | RTLD_LOCAL);
	if (!library)
		std::fprintf(stderr, "%s\n", dlerror());
	return library && dlsym(library, "tmon_plugin_entry_v1") ? 0 : 1;
}

BOOST_AUTO_TEST_CASE(a_plugin_is_loaded_from_a_sealed_copy) {
	const int fd = sealed_copy(std::string(TMON_TEST_PLUGINS) + "/scripted.so");
	BOOST_TEST(in_sandbox({}, [&] { return load(fd); }) == 0);
	if (geteuid() == 0) {
		SandboxRules rules;
		rules.own_user = true;
		BOOST_TEST(in_sandbox(rules, [&] { return load(fd); }) == 0);
	}
	close(fd);
}

BOOST_AUTO_TEST_CASE(threads_do_their_work) {
	BOOST_TEST(in_sandbox({}, [] {
		           std::atomic<uint64_t> sum = 0;
		           std::vector<std::thread> threads;
		           for (uint64_t i = 1; i <= 10; ++i)
			           threads.emplace_back([&sum, i] {
				           std::vector<char> memory(100'000, static_cast<char>(i));
				           std::this_thread::sleep_for(std::chrono::milliseconds(1));
				           sum += static_cast<uint64_t>(memory.back());
			           });
		           for (std::thread& thread : threads)
			           thread.join();
		           return sum == 55 && std::thread::hardware_concurrency() > 0 ? 0 : 1;
	           }) == 0);
}

BOOST_AUTO_TEST_CASE(time_zones_and_locales) {
	BOOST_TEST(in_sandbox({}, [] {
		           setenv("TZ", "Europe/Berlin", 1);
		           tzset();
		           const time_t noon = 1'700'000'000; // 2023-11-14 22:13:20 UTC
		           tm local{};
		           if (!localtime_r(&noon, &local) || local.tm_hour != 23)
			           return 1;
		           std::ostringstream text;
		           text.imbue(std::locale("C.UTF-8"));
		           text << 1.5;
		           return text.str() == "1.5" ? 0 : 2;
	           }) == 0);
}

BOOST_AUTO_TEST_CASE(it_reports_what_it_could_not_do) {
	BOOST_TEST(
	    in_child([] {
		    const SandboxReport report = enter_sandbox({});
		    // The user that others have, too, is the test's choice; a kernel without Landlock is not.
		    const bool threads_named =
		        std::any_of(report.missing.begin(), report.missing.end(),
		                    [](const std::string& text) { return text.starts_with("the limit of threads"); });
		    return threads_named && report.landlock_abi > 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0
		                                                                                                   : 1;
	    }) == 0);
}

BOOST_AUTO_TEST_CASE(with_a_user_of_its_own_nothing_is_missing, *needs_root()) {
	BOOST_TEST(in_child([] {
		           become(kSomeUser);
		           SandboxRules rules;
		           rules.own_user = true;
		           return enter_sandbox(rules).missing.empty() ? 0 : 1;
	           }) == 0);
}

BOOST_AUTO_TEST_CASE(what_the_user_cannot_reach_is_no_error_to_grant, *needs_root()) {
	const TempDir dir; // 0700, root's
	dir.write("file", "text");
	SandboxRules rules;
	rules.own_user = true;
	rules.read_paths = {(dir / "file").string()};
	BOOST_TEST(in_sandbox(rules, [&] { return try_open((dir / "file").c_str(), O_RDONLY); }) == EACCES);
}

} // namespace
