// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <unistd.h>

#include <utility>

namespace tmon {

// Owns a file descriptor.
class Fd {
public:
	Fd() noexcept = default;
	explicit Fd(int fd) noexcept : fd_(fd) {}
	Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Fd& operator=(Fd&& other) noexcept {
		if (this != &other) {
			reset();
			fd_ = std::exchange(other.fd_, -1);
		}
		return *this;
	}
	~Fd() { reset(); }

	int get() const noexcept { return fd_; }
	explicit operator bool() const noexcept { return fd_ >= 0; }
	int release() noexcept { return std::exchange(fd_, -1); }
	void reset() noexcept {
		if (fd_ >= 0)
			close(std::exchange(fd_, -1));
	}

private:
	int fd_ = -1;
};

} // namespace tmon
