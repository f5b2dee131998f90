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
	explicit File(const std::string& path)
	    : fd_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
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
	case ENOENT:
	case ENOTDIR:
		return ": check the path; examples are in configs/";
	case EACCES:
	case EPERM:
		return ": make it readable for this user, or run as one that may read it";
	case EISDIR:
		return ": name a file in it";
	default:
		return "";
	}
}

Diagnostic failure(const std::string& path, std::string_view operation, int error) {
	return {path, 0, 0,
		"cannot " + std::string(operation) + " the configuration: " + std::generic_category().message(error) +
		    std::string(advice(error))};
}

} // namespace

std::variant<std::string, Diagnostic> read_text_file(const std::string& path, std::size_t most_bytes) {
	const File file(path);
	if (file.fd() < 0)
		return failure(path, "open", errno);
	struct stat status {};
	if (fstat(file.fd(), &status) == 0 && S_ISDIR(status.st_mode))
		return failure(path, "read", EISDIR);
	std::string text;
	if (status.st_size > 0 && static_cast<std::size_t>(status.st_size) <= most_bytes)
		text.reserve(static_cast<std::size_t>(status.st_size));
	char buffer[65536];
	for (;;) {
		const ssize_t count = read(file.fd(), buffer, sizeof buffer);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return failure(path, "read", errno);
		if (count == 0)
			return text;
		text.append(buffer, static_cast<std::size_t>(count));
		if (text.size() > most_bytes)
			return Diagnostic{path, 0, 0,
					  "larger than " + std::to_string(most_bytes >> 20) +
					      " MiB: is this the right file?"};
	}
}

} // namespace tmon
