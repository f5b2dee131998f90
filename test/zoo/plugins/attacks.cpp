// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin may try against the host, other plugins and the machine.
#include "acts.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace zoo {

namespace {

struct Tally {
	std::string refused, done;
	int refusals = 0;

	// `result`: as a system call gives it, so -1 is what is hoped for.
	void note(const char* what, long result) {
		if (result < 0)
			++refusals;
		(result < 0 ? refused : done) += std::string(" ") + what;
	}
};

// What is refused with an error, and the plugin lives on.
void try_all(const Animal& animal) {
	Tally tally;
	const pid_t victim = animal.victim;
	const auto path = [&](const char* key) { return animal.config.text(key, "/nowhere"); };
	tally.note("kill-parent", kill(getppid(), SIGKILL));
	tally.note("kill-victim", kill(victim, SIGKILL));
	tally.note("stop-victim", kill(victim, SIGSTOP));
	tally.note("kill-all", kill(-1, SIGKILL));
	tally.note("kill-group", kill(0, SIGKILL));
	tally.note("tgkill-victim", syscall(SYS_tgkill, victim, victim, SIGKILL));
	const rlimit none{0, 0};
	tally.note("prlimit-victim", prlimit(victim, RLIMIT_NOFILE, &none, nullptr));
	tally.note("nice-victim", setpriority(PRIO_PROCESS, static_cast<id_t>(victim), 19));
	tally.note("open-mem", open(("/proc/" + std::to_string(victim) + "/mem").c_str(), O_RDWR));
	tally.note("pidfd", syscall(SYS_pidfd_open, victim, 0));
	for (const auto& [name, number] : {std::pair("fork", SYS_fork), {"vfork-like", SYS_clone}}) {
		const long child = syscall(number, SIGCHLD, 0, 0, 0, 0);
		if (child == 0)
			_exit(0);
		tally.note(name, child);
	}
	char program[] = "/bin/true";
	char* const arguments[] = {program, nullptr};
	tally.note("exec", execve(program, arguments, nullptr));
	tally.note("socket", socket(AF_INET, SOCK_STREAM, 0));
	tally.note("packet-socket", socket(AF_PACKET, SOCK_RAW, 0));
	tally.note("unix-socket", socket(AF_UNIX, SOCK_STREAM, 0));
	tally.note("shadow", open("/etc/shadow", O_RDONLY));
	tally.note("passwd", open("/etc/passwd", O_WRONLY | O_APPEND));
	tally.note("chmod", chmod("/etc/passwd", 0666));
	tally.note("outside", open(path("outside").c_str(), O_WRONLY | O_CREAT, 0600));
	tally.note("others-file", open(path("other").c_str(), O_RDONLY));
	tally.note("tmp", open("/tmp/tmon-zoo-was-here", O_WRONLY | O_CREAT, 0600));
	tally.note("setuid", syscall(SYS_setuid, 0));
	int32_t descriptor = -1;
	const tmon_host& host = *animal.host;
	tally.note("host-open", host.open(host.context, {"/etc/shadow", 11}, TMON_OPEN_READ, &descriptor));
	tmon_block block{};
	block.size = sizeof block;
	block.prefix_length = 128;
	block.ttl_ns = 2'000'000'000;
	tally.note("block", host.block(host.context, &block));

	Tally granted;
	granted.note("inside", open(path("inside").c_str(), O_WRONLY | O_CREAT, 0600));
	animal.say("attacks: " + std::to_string(tally.refusals) + " refused, done:" + tally.done + "; granted:" + granted.done);
}

// What takes memory away from the other side of a shared file, or changes what both see.
void try_shared_files(const Animal& animal) {
	Tally tally;
	for (int fd = 3; fd < 64; ++fd) {
		struct stat status;
		if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
			continue;
		const int seals = fcntl(fd, F_GET_SEALS);
		if (seals < 0)
			continue;
		const bool sealed = seals & F_SEAL_SHRINK; // the others are not shared
		const long shorter = ftruncate(fd, 0);
		if (sealed)
			tally.note("shrink", shorter);
		if (sealed)
			tally.note("grow", ftruncate(fd, status.st_size + 4096));
		if (sealed)
			tally.note("seal", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
		if (seals & F_SEAL_WRITE)
			tally.note("write", pwrite(fd, "x", 1, 0));
		lseek(fd, 12345, SEEK_SET);
	}
	for (int fd = 0; fd < 64; ++fd)
		fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND);
	animal.say("shared files: " + std::to_string(tally.refusals) + " refused, done:" + tally.done);
}

} // namespace

// By name those that no plugin survives.
bool attack(const Animal& animal, const std::string& word) {
	std::signal(SIGSYS, SIG_DFL);
	if (word == "attacks")
		try_all(animal);
	else if (word == "shared_files")
		try_shared_files(animal);
	else if (word == "ptrace")
		syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, animal.victim, 0, 0);
	else if (word == "bpf")
		syscall(SYS_bpf, 0, nullptr, 0);
	else if (word == "mount")
		syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr);
	else if (word == "unshare")
		syscall(SYS_unshare, CLONE_NEWUSER);
	else if (word == "io_uring")
		syscall(SYS_io_uring_setup, 8, nullptr);
	else if (word == "write_memory")
		syscall(SYS_process_vm_writev, animal.victim, nullptr, 0, nullptr, 0, 0);
	else
		return false;
	return true;
}

} // namespace zoo
