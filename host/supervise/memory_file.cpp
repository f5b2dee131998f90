// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tmon {

Fd memory_file(const char* name, const std::string& content) {
	Fd file(memfd_create(name, MFD_CLOEXEC));
	if (!file)
		throw std::system_error(errno, std::generic_category(), "cannot make a file in memory");
	for (std::size_t at = 0; at < content.size();) {
		const ssize_t written = write(file.get(), content.data() + at, content.size() - at);
		if (written <= 0)
			throw std::system_error(errno, std::generic_category(), "cannot write a file in memory");
		at += static_cast<std::size_t>(written);
	}
	return file;
}

} // namespace tmon
