// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/output.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tmon::plugins {

namespace {

// Less than the time that the host gives one call: without any progress, and in all.
constexpr int patience_ms = 1000, longest_write_ms = 1500;

// Whether writing can go on after `error`.
bool wait_out(int fd, int error) {
	if (error == EINTR)
		return true;
	if (error != EAGAIN && error != EWOULDBLOCK)
		return false;
	pollfd ready{fd, POLLOUT, 0};
	return ::poll(&ready, 1, patience_ms) == 1;
}

// What can be waited for without end: a pipe, a terminal, a socket.
bool may_block(int fd) {
	struct stat status {};
	return ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Into what may block, a piece at a time that is sure to find room: whoever reads may have stopped for a while, and a call
// that takes longer than its deadline would cost the plugin its life.
Written write_patiently(int fd, std::string_view data) {
	constexpr std::size_t piece = 4096; // PIPE_BUF: so much room there is when poll says so
	const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(longest_write_ms);
	std::size_t done = 0;
	while (done < data.size()) {
		const auto left =
		    std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
		pollfd ready{fd, POLLOUT, 0};
		const int found = ::poll(&ready, 1, static_cast<int>(std::clamp<long>(left, 0, patience_ms)));
		if (found == 0)
			return {done, EAGAIN};
		if (found < 0)
			continue; // a signal
		const ssize_t n = ::write(fd, data.data() + done, std::min(piece, data.size() - done));
		if (n > 0)
			done += static_cast<std::size_t>(n);
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return {done, n == 0 ? EIO : errno};
	}
	return {done, 0};
}

// Write: ssize_t (const char* data, std::size_t size, std::size_t done)
template <class Write>
Written repeat(int fd, std::string_view data, Write write) {
	std::size_t done = 0;
	while (done < data.size()) {
		const ssize_t n = write(data.data() + done, data.size() - done, done);
		if (n > 0) {
			done += static_cast<std::size_t>(n);
			continue;
		}
		const int error = n == 0 ? EIO : errno;
		if (n == 0 || !wait_out(fd, error))
			return {done, error};
	}
	return {done, 0};
}

} // namespace

Descriptor::~Descriptor() {
	if (fd_ >= 0)
		::close(fd_);
}

Descriptor open_file(const Host& host, std::string_view path, uint32_t mode) {
	int32_t fd = -1;
	const int32_t status = host.open(path, mode, fd);
	if (status == TMON_OK)
		return Descriptor(fd);
	throw Error(status, ""); // the host has said why
}

Written write_all(int fd, std::string_view data) {
	if (may_block(fd))
		return write_patiently(fd, data);
	return repeat(fd, data, [fd](const char* at, std::size_t size, std::size_t) { return ::write(fd, at, size); });
}

Written pwrite_all(int fd, std::string_view data, uint64_t offset) {
	return repeat(fd, data, [fd, offset](const char* at, std::size_t size, std::size_t done) {
		return ::pwrite(fd, at, size, static_cast<off_t>(offset + done));
	});
}

void throw_write_error(const std::string& path, int error) {
	throw Error(TMON_E_IO,
	            "cannot write " + (path == "-" ? "standard output" : path) + ": " + std::strerror(error));
}

bool wants_colour(int fd) {
	const char* no_color = std::getenv("NO_COLOR");
	return (no_color == nullptr || *no_color == '\0') && ::isatty(fd) == 1;
}

void LineBuffer::append(std::string_view text) {
	if (space() < text.size()) {
		const std::size_t used = size();
		bytes_.resize(front_room + 2 * (used + text.size()) + back_room);
		end_ = bytes_.data() + front_room + used;
	}
	std::memcpy(end_, text.data(), text.size());
	end_ += text.size();
}

std::string_view LineBuffer::framed(std::string_view front, std::string_view back) noexcept {
	char* from = bytes_.data() + front_room - front.size();
	std::memcpy(from, front.data(), front.size());
	std::memcpy(end_, back.data(), back.size());
	return {from, static_cast<std::size_t>(end_ - from) + back.size()};
}

LineFile::LineFile(const Host& host, std::string path, std::string_view header)
    : path_(std::move(path)), file_(open_file(host, path_, TMON_OPEN_APPEND)) {
	struct stat status {};
	const bool existing = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
	if (existing && path_ != "-")
		check_existing(host, header);
	if (!existing && !header.empty()) {
		LineBuffer line(header.size() + 1);
		line.append(header);
		line.append("\n");
		write(line);
	}
}

// The descriptor to append with cannot read, so the file is opened once more.
void LineFile::check_existing(const Host& host, std::string_view header) {
	const Descriptor reader = open_file(host, path_, TMON_OPEN_READ);
	std::string first(header.size() + 2, '\0');
	const ssize_t size = ::pread(reader.get(), first.data(), first.size(), 0);
	if (size < 0)
		throw Error(TMON_E_IO, "cannot read " + path_ + ": " + std::strerror(errno));
	first.resize(static_cast<std::size_t>(size));
	const std::string_view after = std::string_view(first).substr(std::min(header.size(), first.size()));
	const bool ends = after.empty() || after[0] == '\n' || after == "\r\n";
	if (!header.empty() && (first.compare(0, header.size(), header) != 0 || !ends))
		throw Error(TMON_E_CONFIG, path_ + " begins with another header; move it away or name another file");
	char last = '\n';
	if (const off_t end = ::lseek(reader.get(), 0, SEEK_END); end > 0)
		torn_ = ::pread(reader.get(), &last, 1, end - 1) == 1 && last != '\n';
}

void LineFile::write(LineBuffer& lines) {
	if (lines.empty())
		return;
	const std::string_view data = lines.framed(torn_ ? "\n" : "", "");
	const Written written = write_all(file_.get(), data);
	if (written.bytes > 0)
		torn_ = data[written.bytes - 1] != '\n';
	lines.clear();
	if (written.error != 0)
		throw_write_error(path_, written.error);
}

} // namespace tmon::plugins
