// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Files that plugins write: opened by the host, written with as few system calls as the data allow,
// and in a state after each failure from which writing can go on.
#pragma once

#include "traffic_monitor/plugin.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon::plugins {

// Owns a descriptor.
class Descriptor {
public:
	Descriptor() = default;
	explicit Descriptor(int fd) noexcept : fd_(fd) {}
	Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Descriptor& operator=(Descriptor&& other) noexcept {
		std::swap(fd_, other.fd_);
		return *this;
	}
	~Descriptor();
	int get() const noexcept { return fd_; }

private:
	int fd_ = -1;
};

// Opens `path` (TMON_OPEN_) through the host, or throws with the status that it returned.
Descriptor open_file(const Host& host, std::string_view path, uint32_t mode);

// How far a write came. `error` is an errno, 0 when everything was written.
struct Written {
	std::size_t bytes;
	int error;
};
// Both take up what a signal or a short write left over. Into a pipe or a terminal whose reader has stopped they wait
// a second, and write no longer than 1.5 s in all: EAGAIN.
Written write_all(int fd, std::string_view data);
Written pwrite_all(int fd, std::string_view data, uint64_t offset);

// TMON_E_IO: "cannot write traffic.jsonl: No space left on device".
[[noreturn]] void throw_write_error(const std::string& path, int error);

// True on a terminal, unless the environment variable NO_COLOR asks for none.
bool wants_colour(int fd);

// Lines on their way into a file: room for a piece of framing before and after them, so that framing
// and lines go out in one write.
class LineBuffer {
public:
	static constexpr std::size_t front_room = 1;
	static constexpr std::size_t back_room = 8;

	explicit LineBuffer(std::size_t capacity) : bytes_(front_room + capacity + back_room) { clear(); }

	std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin()); }
	std::size_t space() const noexcept {
		return static_cast<std::size_t>(bytes_.data() + bytes_.size() - back_room - end_);
	}
	bool empty() const noexcept { return size() == 0; }

	// Lines are written at end(), which is then moved.
	char* end() noexcept { return end_; }
	void set_end(char* end) noexcept { end_ = end; }
	void append(std::string_view text); // makes room where there is none
	void clear() noexcept { end_ = bytes_.data() + front_room; }

	// The lines between `front` (at most one character) and `back`. Valid until the buffer changes.
	std::string_view framed(std::string_view front, std::string_view back) noexcept;
	std::string_view lines() const noexcept { return {begin(), size()}; }

private:
	const char* begin() const noexcept { return bytes_.data() + front_room; }

	std::vector<char> bytes_;
	char* end_ = nullptr;
};

// A file of lines that grows at its end, or the standard output of the host ("-").
class LineFile {
public:
	// `header` (without line end) starts a new file; one that exists must begin with it. A file whose
	// last line has no end gets it first, so that this line and the next stay two.
	// Throws tmon::Error: what open returned; TMON_E_CONFIG where the file has another header.
	LineFile(const Host& host, std::string path, std::string_view header = {});

	// One write. Throws TMON_E_IO; the lines are then lost as a whole or from some byte on, and the
	// next write starts on a line of its own.
	void write(LineBuffer& lines);

	int descriptor() const noexcept { return file_.get(); }

private:
	void check_existing(const Host& host, std::string_view header);

	std::string path_;
	Descriptor file_;
	bool torn_ = false; // the last line of the file has no end
};

} // namespace tmon::plugins
