// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/socket_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace tmon {

namespace {

constexpr int kWaiting = 64; // connections that have not been accepted yet

[[noreturn]] void fail(const std::string& path, const std::string& why) {
	throw std::runtime_error("control socket " + path + ": " + why);
}
[[noreturn]] void fail_errno(const std::string& path, const std::string& what) {
	fail(path, what + ": " + std::generic_category().message(errno));
}

// A name of what a descriptor refers to: short enough for an address, whatever its own path is.
sockaddr_un address_of(int descriptor, const std::string& name = {}) {
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d%s%s", descriptor, name.empty() ? "" : "/",
	              name.c_str());
	return address;
}

Fd new_socket() { return Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// Connects to the socket file that `file` (O_PATH) is.
Fd connect_to(const Fd& file) {
	Fd socket = new_socket();
	const sockaddr_un address = address_of(file.get());
	if (socket && connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
		return socket;
	const int error = errno;
	socket.reset();
	errno = error;
	return socket;
}

// The folder, made where only it is missing.
Fd open_folder(const std::string& path, const std::string& folder) {
	const bool made = mkdir(folder.c_str(), 0755) == 0;
	if (!made && errno != EEXIST)
		fail_errno(path, "cannot make the folder " + folder);
	Fd opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (made ? O_NOFOLLOW : 0)));
	struct stat status;
	// What the umask has taken away; by the descriptor, for a name could be a link by now.
	if (opened && made && fstat(opened.get(), &status) == 0 && status.st_uid == geteuid())
		(void)!fchmod(opened.get(), 0755);
	if (!opened || fstat(opened.get(), &status) != 0)
		fail_errno(path, "cannot open the folder " + folder);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		fail(path, "the folder " + folder + " belongs to user " + std::to_string(status.st_uid) +
		               ", who could put another socket there: choose another with control.socket");
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0)
		fail(path, "others may write to the folder " + folder + " and could put another socket there: chmod go-w " + folder);
	return opened;
}

std::string random_name() {
	unsigned char bytes[8];
	if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
		throw std::system_error(errno, std::generic_category(), "getrandom");
	std::string name = ".control-";
	for (const unsigned char byte : bytes) {
		char digits[3];
		std::snprintf(digits, sizeof digits, "%02x", byte);
		name += digits;
	}
	return name;
}

// Keeps runs that start at the same moment apart. Anybody who may read the folder could hold the lock: so it is not waited
// for longer than such a start takes, and what is replaced is looked at afterwards as well.
class FolderLock {
public:
	explicit FolderLock(int folder) : folder_(folder) {
		for (int i = 0; i < 100 && flock(folder_, LOCK_EX | LOCK_NB) != 0; ++i)
			usleep(10'000);
	}
	~FolderLock() { flock(folder_, LOCK_UN); }
	FolderLock(const FolderLock&) = delete;
	FolderLock& operator=(const FolderLock&) = delete;

private:
	int folder_;
};

bool same(const struct stat& a, dev_t device, ino_t inode) { return a.st_dev == device && a.st_ino == inode; }

// Throws unless `name`, which there is, is the socket of nobody. Returns what it is.
struct stat check_stale(const std::string& path, int folder, const std::string& name) {
	const Fd file(openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat status;
	if (!file || fstat(file.get(), &status) != 0)
		fail_errno(path, "cannot look at what is there");
	if (!S_ISSOCK(status.st_mode))
		fail(path, S_ISLNK(status.st_mode) ? "a symbolic link is there, and is not followed: remove it, or name its target"
		                                   : "something else than a socket is there: remove it, or choose another path");
	const Fd connection = connect_to(file);
	if (connection || errno == EAGAIN)
		fail(path, "another run listens there: end it, or choose another path with control.socket");
	if (errno != ECONNREFUSED)
		fail_errno(path, "cannot tell whether another run listens there");
	return status;
}

} // namespace

SocketFile::SocketFile(const std::string& path) : path_(path) {
	const std::size_t slash = path.rfind('/');
	name_ = path.substr(slash == std::string::npos ? 0 : slash + 1);
	const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
	if (name_.empty() || name_ == "." || name_ == ".." || path.find('\0') != std::string::npos)
		fail(path, "this is not the path of a file");
	folder_ = open_folder(path, folder);
	socket_ = new_socket();
	const std::string temporary = random_name();
	const sockaddr_un address = address_of(folder_.get(), temporary);
	// The mode of the descriptor is what the file is made with: it is never open to more.
	if (!socket_ || fchmod(socket_.get(), 0660) != 0 ||
	    bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
		fail_errno(path, "cannot make a socket in " + folder);
	try {
		struct stat status;
		if (fchmodat(folder_.get(), temporary.c_str(), 0660, 0) != 0 || listen(socket_.get(), kWaiting) != 0 ||
		    fstatat(folder_.get(), temporary.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
			fail_errno(path, "cannot listen");
		device_ = status.st_dev;
		inode_ = status.st_ino;
		put_in_place(temporary);
	} catch (...) {
		unlinkat(folder_.get(), temporary.c_str(), 0);
		throw;
	}
}

void SocketFile::put_in_place(const std::string& temporary) {
	const int folder = folder_.get();
	const FolderLock lock(folder);
	// Another try is due when what was there has gone in between.
	for (int i = 0; i < 3; ++i) {
		if (renameat2(folder, temporary.c_str(), folder, name_.c_str(), RENAME_NOREPLACE) == 0)
			return;
		if (errno != EEXIST)
			fail_errno(path_, "cannot put it in place");
		const struct stat stale = check_stale(path_, folder, name_);
		if (renameat2(folder, temporary.c_str(), folder, name_.c_str(), RENAME_EXCHANGE) != 0) {
			if (errno == ENOENT)
				continue;
			fail_errno(path_, "cannot replace the socket of a run that has died: remove it");
		}
		struct stat replaced;
		if (fstatat(folder, temporary.c_str(), &replaced, AT_SYMLINK_NOFOLLOW) == 0 &&
		    same(replaced, stale.st_dev, stale.st_ino)) {
			unlinkat(folder, temporary.c_str(), 0);
			return;
		}
		// A run that started at the same moment was faster: it keeps its place.
		renameat2(folder, temporary.c_str(), folder, name_.c_str(), RENAME_EXCHANGE);
		fail(path_, "another run has just put its socket there: end it, or choose another path with control.socket");
	}
	fail(path_, "what is there keeps changing");
}

SocketFile::~SocketFile() {
	struct stat status;
	if (fstatat(folder_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && same(status, device_, inode_))
		unlinkat(folder_.get(), name_.c_str(), 0);
}

Fd connect_to_socket(const std::string& path) {
	const Fd file(open(path.c_str(), O_PATH | O_CLOEXEC));
	return file ? connect_to(file) : Fd{};
}

} // namespace tmon
