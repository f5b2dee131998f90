// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/bpffs.hpp"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace tmon {

namespace {

constexpr int kMostAncestors = 64;

pid_t parent_of(pid_t pid) {
	std::ifstream status("/proc/" + std::to_string(pid) + "/status");
	for (std::string line; std::getline(status, line);) {
		if (line.starts_with("PPid:"))
			return static_cast<pid_t>(std::atol(line.c_str() + 5));
	}
	return 0;
}

// Whether an ancestor, up to process 1, has other mounts than this process: then those of this process end with it. An ancestor
// that may not be looked at tells nothing.
bool has_mounts_of_its_own() {
	struct stat ours, theirs;
	if (stat("/proc/self/ns/mnt", &ours) != 0)
		return false;
	pid_t pid = getppid();
	for (int i = 0; pid > 0 && i < kMostAncestors; ++i, pid = parent_of(pid)) {
		const std::string path = "/proc/" + std::to_string(pid) + "/ns/mnt";
		if (stat(path.c_str(), &theirs) == 0 && (theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev))
			return true;
	}
	return false;
}

} // namespace

bool is_bpffs(const std::filesystem::path& path) {
	struct statfs file_system;
	if (statfs(path.c_str(), &file_system) == 0)
		return static_cast<unsigned long>(file_system.f_type) == BPF_FS_MAGIC;
	if (errno == ENOENT)
		return false;
	throw PinError("cannot look at " + path.string() + ": " + std::strerror(errno));
}

void require_bpffs(const std::filesystem::path& path) {
	if (is_bpffs(path))
		return;
	const std::string remedy = "mount it first: mount -t bpf bpf " + path.string();
	if (has_mounts_of_its_own())
		throw PinError("no BPF file system at " + path.string() +
		               ", and one that is mounted now would be gone with this process, which has mounts of its own (as in ip netns "
		               "exec); enter the network namespace with nsenter --net=/run/netns/NAME instead, or " + remedy);
	if (mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
		throw PinError("no BPF file system at " + path.string() + ", and it cannot be mounted (" + std::strerror(errno) + "); " +
		               remedy);
}

} // namespace tmon
