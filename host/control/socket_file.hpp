// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <sys/types.h>

#include <string>

namespace tmon {

// A listening Unix socket under a name in the file system, mode 0660. It appears there complete, or not at all: it is
// made under another name and moved. Symbolic links in the place of the name are never followed; the socket of a run that
// has died is replaced, anything else is an error. The folder is made (0755) when only it is missing; nobody but its owner
// may be able to replace what is in it.
class SocketFile {
public:
	// Throws std::runtime_error that names the path and what to do.
	explicit SocketFile(const std::string& path);
	// Removes the name if it still is that of this socket.
	~SocketFile();
	SocketFile(const SocketFile&) = delete;
	SocketFile& operator=(const SocketFile&) = delete;

	const std::string& path() const noexcept { return path_; }
	// Non-blocking, close-on-exec; the caller's from now on.
	Fd take_socket() { return std::move(socket_); }

private:
	void put_in_place(const std::string& temporary);

	std::string path_, name_;
	Fd folder_, socket_;
	dev_t device_{};
	ino_t inode_{};
};

// A connection to the socket at `path`, non-blocking, close-on-exec; without one errno says why. EAGAIN: somebody listens,
// but has more waiting than it takes. Paths longer than a socket's address may be do work. A symbolic link is followed.
Fd connect_to_socket(const std::string& path);

} // namespace tmon
