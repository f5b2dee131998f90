// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/open_file.hpp"

#include "traffic_monitor/plugin.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace tmon {

Opened refuse_open(int32_t status, const std::string& path, const std::string& reason) {
	return {status, Fd{}, "cannot open " + path + ": " + reason};
}

Opened open_file(const std::string& path, uint32_t mode) {
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // a FIFO without a reader must not hold us up
	if (mode == TMON_OPEN_READ)
		flags |= O_RDONLY;
	else if (mode == TMON_OPEN_APPEND)
		flags |= O_WRONLY | O_CREAT | O_APPEND;
	else if (mode == TMON_OPEN_READWRITE)
		flags |= O_RDWR | O_CREAT;
	else
		return refuse_open(TMON_E_UNSUPPORTED, path, "unknown mode");
	Fd file(open(path.c_str(), flags, 0640));
	if (!file)
		return refuse_open(TMON_E_IO, path,
		                   errno == ENXIO ? "it is a FIFO that nobody reads" : std::strerror(errno));
	struct stat status;
	if (fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
		return refuse_open(TMON_E_IO, path, "it is a directory");
	fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
	return {TMON_OK, std::move(file), {}};
}

} // namespace tmon
