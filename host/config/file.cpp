// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace tmon {

namespace {

class File {
public:
	File(const std::string& path, int flags)
	    : fd_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | flags)) {}
	~File() {
		if (fd_ > STDIN_FILENO)
			close(fd_);
	}
	File(const File&) = delete;
	File& operator=(const File&) = delete;

	int fd() const { return fd_; }

private:
	int fd_;
};

std::string_view advice(int error) {
	switch (error) {
	case EACCES:
	case EPERM:
		return ": make it readable for this user, or run as one that may read it";
	case EISDIR:
		return ": name a file in it";
	default:
		return "";
	}
}

bool is_missing(int error) { return error == ENOENT || error == ENOTDIR; }

std::string reason(int error) { return std::generic_category().message(error) + std::string(advice(error)); }

Diagnostic failure(const std::string& path, std::string_view operation, int error) {
	return {path, 0, 0,
		"cannot " + std::string(operation) + " the configuration: " + reason(error) +
		    (is_missing(error) ? ": check the path; examples are in configs/" : "")};
}

std::string too_large(std::size_t most_bytes) {
	return "larger than " + std::to_string(most_bytes >> 20) + " MiB: is this the right file?";
}

// All there is to read, up to one read more than `most_bytes`; or errno.
std::variant<std::string, int> read_all(int fd, off_t expected, std::size_t most_bytes) {
	std::string text;
	if (expected > 0 && static_cast<std::size_t>(expected) <= most_bytes)
		text.reserve(static_cast<std::size_t>(expected));
	char buffer[65536];
	while (text.size() <= most_bytes) {
		const ssize_t count = read(fd, buffer, sizeof buffer);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno;
		if (count == 0)
			break;
		text.append(buffer, static_cast<std::size_t>(count));
	}
	return text;
}

std::string_view kind_of(mode_t mode) {
	return S_ISFIFO(mode) ? "a FIFO" : S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : "a socket";
}

} // namespace

std::variant<std::string, Diagnostic> read_text_file(const std::string& path, std::size_t most_bytes) {
	const File file(path, 0);
	if (file.fd() < 0)
		return failure(path, "open", errno);
	struct stat status {};
	if (fstat(file.fd(), &status) == 0 && S_ISDIR(status.st_mode))
		return failure(path, "read", EISDIR);
	auto text = read_all(file.fd(), status.st_size, most_bytes);
	if (const int* error = std::get_if<int>(&text))
		return failure(path, "read", *error);
	if (std::get<std::string>(text).size() > most_bytes)
		return Diagnostic{path, 0, 0, too_large(most_bytes)};
	return std::get<std::string>(std::move(text));
}

std::variant<std::string, FileError> read_regular_file(const std::string& path, std::size_t most_bytes) {
	// "-" is the name of a file here.
	const File file(path == "-" ? "./-" : path, O_NONBLOCK);
	if (file.fd() < 0)
		return errno == ENXIO ? FileError{"is a socket: name a regular file"}
				      : FileError{"cannot be opened: " + reason(errno), is_missing(errno)};
	struct stat status {};
	if (fstat(file.fd(), &status) != 0)
		return FileError{"cannot be read: " + reason(errno)};
	if (S_ISDIR(status.st_mode))
		return FileError{"is a directory: name a file in it"};
	if (!S_ISREG(status.st_mode))
		return FileError{"is " + std::string(kind_of(status.st_mode)) +
				 ": name a regular file, it is read again at each SIGHUP"};
	if (static_cast<std::size_t>(status.st_size) > most_bytes)
		return FileError{too_large(most_bytes)};
	auto text = read_all(file.fd(), status.st_size, most_bytes);
	if (const int* error = std::get_if<int>(&text))
		return FileError{"cannot be read: " + reason(*error)};
	if (std::get<std::string>(text).size() > most_bytes)
		return FileError{too_large(most_bytes)};
	return std::get<std::string>(std::move(text));
}

} // namespace tmon
