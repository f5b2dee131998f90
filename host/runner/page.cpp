// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/page.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <iterator>
#include <system_error>

namespace tmon {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

} // namespace

RunnerPageMapping RunnerPageMapping::create(Fd& descriptor) {
	descriptor = Fd(memfd_create("runner-page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (!descriptor)
		fail("cannot make a runner's page");
	// Sealed, so that the runner cannot take the memory away from under the host.
	if (ftruncate(descriptor.get(), sizeof(RunnerPage)) != 0 ||
	    fcntl(descriptor.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		fail("cannot size a runner's page");
	return RunnerPageMapping(descriptor.get());
}

RunnerPageMapping::RunnerPageMapping(int descriptor) {
	void* memory = mmap(nullptr, sizeof(RunnerPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (memory == MAP_FAILED)
		fail("cannot map a runner's page");
	page_ = static_cast<RunnerPage*>(memory);
}

RunnerPageMapping::~RunnerPageMapping() {
	if (page_)
		munmap(page_, sizeof(RunnerPage));
}

const char* call_name(uint32_t call) {
	constexpr const char* names[] = {"its own code", "loading", "create", "restore", "on_batch",    "flush",
	                                 "on_tick",      "on_alert", "on_end", "save",    "reconfigure", "destroy"};
	return call < std::size(names) ? names[call] : names[0];
}

} // namespace tmon
