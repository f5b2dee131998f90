// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/runner_uids.hpp"

#include "host/spawner/credentials.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tmon {

namespace {

// The range that systemd keeps for dynamic users, too; no distribution gives it to accounts.
constexpr uint32_t kFirstUid = 61184, kLastUid = 65519;

// Locks of the open file, so that neither a fork nor another descriptor of the same file releases them.
bool set_lock(const Fd& file, short type, uint32_t uid) {
	struct flock lock {};
	lock.l_type = type;
	lock.l_whence = SEEK_SET;
	lock.l_start = uid;
	lock.l_len = 1;
	return fcntl(file.get(), F_OFD_SETLK, &lock) == 0;
}

} // namespace

RunnerUids::RunnerUids(std::string locks)
    : path_(std::move(locks)),
      // Not all hosts begin at the same: an id is better left to rest for a while.
      next_(kFirstUid + static_cast<uint32_t>(getpid()) % (kLastUid - kFirstUid + 1)) {}

void RunnerUids::open_locks() {
	if (locks_)
		return;
	Fd file(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
	struct stat status;
	if (!file || fstat(file.get(), &status) != 0)
		throw std::runtime_error("cannot open " + path_ +
		                         ", which says who uses which user id: " + std::strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & 0077) != 0)
		throw std::runtime_error(path_ + " must be a file of root's that nobody else can open; remove it");
	locks_ = std::move(file);
}

uint32_t RunnerUids::take() {
	open_locks();
	for (uint32_t tried = 0; tried <= kLastUid - kFirstUid; ++tried) {
		const uint32_t uid = next_;
		next_ = next_ == kLastUid ? kFirstUid : next_ + 1;
		if (!set_lock(locks_, F_WRLCK, uid)) {
			if (errno != EAGAIN && errno != EACCES)
				throw std::runtime_error("cannot lock " + path_ + ": " + std::strerror(errno));
			continue;
		}
		// Looked at with the lock: what another host's runner leaves behind is still seen.
		if (!anyone_runs_as(uid) && getpwuid(uid) == nullptr)
			return uid;
		give_back(uid);
	}
	throw std::runtime_error("no unprivileged user id is left for a runner");
}

void RunnerUids::give_back(uint32_t uid) { set_lock(locks_, F_UNLCK, uid); }

} // namespace tmon
