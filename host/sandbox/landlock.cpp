// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Landlock by system call: the headers of the oldest distribution we build on know a third of it.
#include "host/sandbox/landlock.hpp"

#include "host/system/fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace tmon {

namespace {

// The same numbers on every architecture.
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr uint32_t kAskVersion = 1u << 0;
constexpr int kPathBeneath = 1;

struct RulesetAttributes {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; // since ABI 4
	uint64_t scoped;             // since ABI 6
};

struct [[gnu::packed]] PathBeneath {
	uint64_t allowed_access;
	int32_t parent_fd;
};
static_assert(sizeof(PathBeneath) == 12, "as the kernel has it");

enum Right : uint64_t {
	execute = 1 << 0,
	write_file = 1 << 1,
	read_file = 1 << 2,
	read_dir = 1 << 3,
	remove_dir = 1 << 4,
	remove_file = 1 << 5,
	make_char = 1 << 6,
	make_dir = 1 << 7,
	make_regular = 1 << 8,
	make_socket = 1 << 9,
	make_fifo = 1 << 10,
	make_block = 1 << 11,
	make_symlink = 1 << 12,
	refer = 1 << 13,         // since ABI 2
	truncate_file = 1 << 14, // since ABI 3
	device_ioctl = 1 << 15,  // since ABI 5
};

// The rest have a meaning for directories only.
constexpr uint64_t kForFiles = execute | write_file | read_file | truncate_file | device_ioctl;
constexpr uint64_t kRead = read_file | read_dir;
constexpr uint64_t kWrite = write_file | remove_dir | remove_file | make_dir | make_regular | make_socket | make_fifo |
                            make_symlink | refer | truncate_file;
constexpr uint64_t kTcpBind = 1 << 0, kTcpConnect = 1 << 1;
constexpr uint64_t kAbstractSockets = 1 << 0, kSignals = 1 << 1;

uint64_t known_rights(uint32_t abi) {
	uint64_t rights = make_symlink * 2 - 1;
	if (abi >= 2)
		rights |= refer;
	if (abi >= kLandlockTruncate)
		rights |= truncate_file;
	if (abi >= kLandlockDeviceIoctl)
		rights |= device_ioctl;
	return rights;
}

// What the dynamic linker, the C library and the time zones need. Nothing in it is secret.
constexpr const char* kLibraries[] = {
    "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime",
    "/etc/timezone", "/etc/locale.alias", "/sys/devices/system/cpu",
};
constexpr const char* kPrograms[] = {"/bin", "/sbin", "/etc/alternatives"};
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
// Names to addresses, and certificates.
constexpr const char* kNetwork[] = {
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols",
    "/etc/gai.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/ca-certificates.conf",
    "/etc/crypto-policies", "/run/systemd/resolve",
};

class Ruleset {
public:
	Ruleset(uint32_t abi, bool network) : rights_(known_rights(abi)) {
		RulesetAttributes attributes{rights_, 0, 0};
		if (abi >= kLandlockNetwork && !network)
			attributes.handled_access_net = kTcpBind | kTcpConnect;
		if (abi >= kLandlockScopes)
			attributes.scoped = kAbstractSockets | kSignals;
		descriptor_ = Fd(static_cast<int>(syscall(kCreateRuleset, &attributes, sizeof attributes, 0)));
		if (!descriptor_)
			throw std::system_error(errno, std::generic_category(), "cannot make a Landlock ruleset");
	}

	// A file that belongs to the system; there need not be one.
	void allow_if_there(const char* path, uint64_t rights) {
		if (const Fd file = Fd(open(path, O_PATH | O_CLOEXEC)))
			allow(file, path, rights);
	}

	void allow_granted(const std::string& path, uint64_t rights) {
		if (!path.starts_with('/'))
			throw std::runtime_error("cannot grant \"" + path + "\": it is not an absolute path");
		const Fd file(open(path.c_str(), O_PATH | O_CLOEXEC));
		if (file)
			allow(file, path, rights);
		else if (errno != EACCES) // the user that we are cannot get there: Landlock has nothing to add
			throw std::runtime_error("cannot grant " + path + ": " + std::strerror(errno));
	}

	void enforce() const {
		if (syscall(kRestrictSelf, descriptor_.get(), 0) != 0)
			throw std::system_error(errno, std::generic_category(), "cannot enforce the Landlock rules");
	}

private:
	void allow(const Fd& file, const std::string& path, uint64_t rights) {
		struct stat status;
		if (fstat(file.get(), &status) != 0)
			throw std::system_error(errno, std::generic_category(), "cannot look at " + path);
		rights &= rights_;
		if (!S_ISDIR(status.st_mode))
			rights &= kForFiles;
		const PathBeneath rule{rights, file.get()};
		if (syscall(kAddRule, descriptor_.get(), kPathBeneath, &rule, 0) != 0)
			throw std::system_error(errno, std::generic_category(), "cannot grant " + path);
	}

	uint64_t rights_;
	Fd descriptor_;
};

} // namespace

uint32_t restrict_files(const SandboxRules& rules) {
	const long abi = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
	if (abi <= 0)
		return 0;
	Ruleset ruleset(static_cast<uint32_t>(abi), rules.network);
	const uint64_t run = rules.exec ? uint64_t{execute} : 0; // loading a library is reading
	for (const char* path : kLibraries)
		ruleset.allow_if_there(path, kRead | run);
	for (const char* path : kDevices)
		ruleset.allow_if_there(path, read_file | write_file);
	if (rules.exec) {
		for (const char* path : kPrograms)
			ruleset.allow_if_there(path, kRead | run);
	}
	if (rules.network) {
		for (const char* path : kNetwork)
			ruleset.allow_if_there(path, kRead);
	}
	for (const std::string& path : rules.read_paths)
		ruleset.allow_granted(path, kRead | run);
	for (const std::string& path : rules.write_paths)
		ruleset.allow_granted(path, kRead | kWrite);
	ruleset.enforce();
	return static_cast<uint32_t>(abi);
}

} // namespace tmon
