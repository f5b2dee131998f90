// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/state_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace tmon {

namespace {

// The length of the state comes first.
constexpr off_t kHead = sizeof(uint64_t);

} // namespace

Fd make_state_file() {
	Fd file(memfd_create("plugin-state", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (!file || ftruncate(file.get(), kHead + static_cast<off_t>(kMaxState)) != 0 ||
	    fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot make room for a plugin's state");
	return file;
}

bool write_state(int file, std::string_view state) {
	const uint64_t size = state.size();
	for (std::size_t at = 0; at < state.size();) {
		const ssize_t written = pwrite(file, state.data() + at, state.size() - at, kHead + static_cast<off_t>(at));
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += static_cast<std::size_t>(written);
	}
	return pwrite(file, &size, sizeof size, 0) == static_cast<ssize_t>(sizeof size);
}

std::string read_state(int file) {
	uint64_t size = 0;
	if (pread(file, &size, sizeof size, 0) != static_cast<ssize_t>(sizeof size) || size > kMaxState)
		throw std::runtime_error("the saved state is damaged");
	std::string state(static_cast<std::size_t>(size), '\0');
	for (std::size_t at = 0; at < state.size();) {
		const ssize_t got = pread(file, state.data() + at, state.size() - at, kHead + static_cast<off_t>(at));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			throw std::runtime_error("the saved state is incomplete");
		at += static_cast<std::size_t>(got);
	}
	return state;
}

} // namespace tmon
