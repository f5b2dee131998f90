// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which system calls a sandboxed process may make, which it is refused, and which end it.
#include "test/support/privileged.hpp"
#include "test/unit/host/sandbox/sandboxed.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <ostream>
#include <thread>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace data = boost::unit_test::data;

struct Case {
	const char* name;
	int (*attempt)(pid_t parent);
	int plain, network, exec; // what becomes of it: without grants, with the one, with the other
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

int try_socket(int family, int type, int protocol) { return errno_of(socket(family, type, protocol)); }
template <class Value>
int try_option(int option, const Value& value) {
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? errno : errno_of(setsockopt(fd, SOL_SOCKET, option, &value, sizeof value));
}
int try_limit(pid_t pid, rlim_t files) {
	const rlimit limit{files, files};
	return errno_of(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, nullptr));
}
int wait_for(pid_t child) {
	int status = 0;
	if (waitpid(child, &status, 0) != child)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : kThrew;
}
int try_fork() {
	const pid_t child = fork();
	if (child == 0)
		_exit(0);
	return child < 0 ? errno : wait_for(child);
}
int try_spawn() {
	char name[] = "true";
	char* const arguments[] = {name, nullptr};
	pid_t child = -1;
	const int error = posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ);
	return error != 0 ? error : wait_for(child);
}
int try_exec() {
	char name[] = "true";
	char* const arguments[] = {name, nullptr};
	execv("/bin/true", arguments);
	return errno;
}

constexpr int kEnded = -SIGSYS;

const Case cases[] = {
    // attacks
    {"bpf", [](pid_t) { return errno_of(syscall(SYS_bpf, 0, nullptr, 0)); }, kEnded, kEnded, kEnded},
    {"ptrace", [](pid_t p) { return errno_of(ptrace(PTRACE_ATTACH, p, nullptr, nullptr)); }, kEnded, kEnded, kEnded},
    {"process_vm_writev", [](pid_t p) { return errno_of(syscall(SYS_process_vm_writev, p, 0, 0, 0, 0, 0)); }, kEnded, kEnded, kEnded},
    {"mount", [](pid_t) { return errno_of(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr)); }, kEnded, kEnded, kEnded},
    {"umount", [](pid_t) { return errno_of(syscall(SYS_umount2, "/proc", 0)); }, kEnded, kEnded, kEnded},
    {"unshare", [](pid_t) { return errno_of(unshare(CLONE_NEWUSER)); }, kEnded, kEnded, kEnded},
    {"setns", [](pid_t) { return errno_of(setns(0, 0)); }, kEnded, kEnded, kEnded},
    {"io_uring", [](pid_t) { return errno_of(syscall(SYS_io_uring_setup, 1, nullptr)); }, kEnded, kEnded, kEnded},
    {"init_module", [](pid_t) { return errno_of(syscall(SYS_init_module, nullptr, 0, "")); }, kEnded, kEnded, kEnded},
    {"kexec", [](pid_t) { return errno_of(syscall(SYS_kexec_load, 0, 0, nullptr, 0)); }, kEnded, kEnded, kEnded},
    {"perf", [](pid_t) { return errno_of(syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0)); }, kEnded, kEnded, kEnded},
    {"keyctl", [](pid_t) { return errno_of(syscall(SYS_keyctl, 0, 0, 0, 0, 0)); }, kEnded, kEnded, kEnded},
    {"userfaultfd", [](pid_t) { return errno_of(syscall(SYS_userfaultfd, 0)); }, kEnded, kEnded, kEnded},
    {"open_by_handle_at", [](pid_t) { return errno_of(syscall(SYS_open_by_handle_at, 0, nullptr, 0)); }, kEnded, kEnded, kEnded},
    {"reboot", [](pid_t) { return errno_of(syscall(SYS_reboot, 0, 0, 0, nullptr)); }, kEnded, kEnded, kEnded},
    {"swapon", [](pid_t) { return errno_of(syscall(SYS_swapon, "/no/such", 0)); }, kEnded, kEnded, kEnded},
    {"clock_settime", [](pid_t) { return errno_of(syscall(SYS_clock_settime, CLOCK_REALTIME, nullptr)); }, kEnded, kEnded, kEnded},
    {"personality", [](pid_t) { return errno_of(syscall(SYS_personality, 0x0040000)); }, kEnded, kEnded, kEnded},
#ifdef __x86_64__
    {"the x32 architecture", [](pid_t) { return errno_of(syscall(0x40000000 | SYS_getpid)); }, kEnded, kEnded, kEnded},
#endif
    // others
    {"kill parent", [](pid_t p) { return errno_of(kill(p, 0)); }, EPERM, EPERM, EPERM},
    // With Landlock's scope these reach whom they may, which is the process itself.
    {"kill all", [](pid_t) { return errno_of(kill(-1, 0)); }, EPERM, EPERM, 0},
    {"kill group", [](pid_t) { return errno_of(kill(0, 0)); }, EPERM, EPERM, 0},
    {"tgkill parent", [](pid_t p) { return errno_of(syscall(SYS_tgkill, p, p, 0)); }, EPERM, EPERM, EPERM},
    {"tkill parent", [](pid_t p) { return errno_of(syscall(SYS_tkill, p, 0)); }, EPERM, EPERM, EPERM},
    {"queue to parent", [](pid_t p) { return errno_of(sigqueue(p, 0, {})); }, EPERM, EPERM, EPERM},
    {"pidfd_open", [](pid_t p) { return errno_of(syscall(SYS_pidfd_open, p, 0)); }, EPERM, EPERM, EPERM},
    {"owner of a pipe's signals", [](pid_t p) { return errno_of(fcntl(0, F_SETOWN, p)); }, EPERM, EPERM, EPERM},
    {"priority of parent", [](pid_t p) { return errno_of(setpriority(PRIO_PROCESS, static_cast<id_t>(p), 19)); }, EPERM, EPERM, EPERM},
    {"affinity of parent", [](pid_t p) { cpu_set_t set; CPU_ZERO(&set); CPU_SET(0, &set); return errno_of(sched_setaffinity(p, sizeof set, &set)); }, EPERM, EPERM, EPERM},
    {"limits of parent", [](pid_t p) { return try_limit(p, 20); }, EPERM, EPERM, EPERM},
    // itself
    {"kill itself", [](pid_t) { return errno_of(kill(getpid(), 0)); }, 0, 0, 0},
    {"raise", [](pid_t) { signal(SIGUSR1, SIG_IGN); return raise(SIGUSR1); }, 0, 0, 0},
    {"lower own limit", [](pid_t) { return try_limit(0, 20); }, 0, 0, 0},
    {"lower own limit by pid", [](pid_t) { return try_limit(getpid(), 20); }, 0, 0, 0},
    {"name", [](pid_t) { return errno_of(prctl(PR_SET_NAME, "name")); }, 0, 0, 0},
    {"dumpable", [](pid_t) { return errno_of(prctl(PR_SET_DUMPABLE, 0)); }, EPERM, EPERM, EPERM},
    {"outlive the parent", [](pid_t) { return errno_of(prctl(PR_SET_PDEATHSIG, 0)); }, EPERM, EPERM, EPERM},
    {"setuid", [](pid_t) { return errno_of(setuid(kSomeUser)); }, EPERM, EPERM, EPERM},
    {"memfd", [](pid_t) { return errno_of(memfd_create("x", 0)); }, EPERM, EPERM, EPERM},
    {"which personality", [](pid_t) { return errno_of(syscall(SYS_personality, 0xffffffff)); }, 0, 0, 0},
    {"terminal input", [](pid_t) { char c = 'x'; return errno_of(ioctl(0, TIOCSTI, &c)); }, EPERM, EPERM, EPERM},
    {"bytes to read", [](pid_t) { int ends[2], n = 7; return pipe(ends) != 0 ? errno : ioctl(ends[0], FIONREAD, &n) != 0 ? errno : n; }, 0, 0, 0},
    {"shared memory", [](pid_t) { return errno_of(syscall(SYS_shmget, 0, 4096, 0600)); }, EPERM, EPERM, EPERM},
    {"mode of a file by path", [](pid_t) { return errno_of(fchmodat(AT_FDCWD, "/no/such", 0600, 0)); }, EPERM, EPERM, EPERM},
    {"thread", [](pid_t) { int n = 1; std::thread([&n] { n = 0; }).join(); return n; }, 0, 0, 0},
    {"code made at run time", [](pid_t) {
	     void* at = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	     return errno_of(mprotect(at, 4096, PROT_READ | PROT_EXEC));
     }, 0, 0, 0},
    // programs
    {"fork", [](pid_t) { return try_fork(); }, EPERM, EPERM, 0},
    {"exec", [](pid_t) { return try_exec(); }, EPERM, EPERM, 0},
    {"spawn", [](pid_t) { return try_spawn(); }, EPERM, EPERM, 0},
    {"fork into a namespace", [](pid_t) { return errno_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }, EPERM, EPERM, EPERM},
    {"bpf by a child", [](pid_t) {
	     const pid_t child = fork();
	     if (child == 0)
		     _exit(static_cast<int>(syscall(SYS_bpf, 0, nullptr, 0)));
	     int status = 0;
	     return child < 0 ? errno : waitpid(child, &status, 0) < 0 ? errno : WIFSIGNALED(status) ? -WTERMSIG(status) + 256 : 0;
     }, EPERM, EPERM, 256 - SIGSYS},
    // sockets
    {"TCP", [](pid_t) { return try_socket(AF_INET, SOCK_STREAM, 0); }, EPERM, 0, EPERM},
    {"UDP over IPv6", [](pid_t) { return try_socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0); }, EPERM, 0, EPERM},
    {"routes", [](pid_t) { return try_socket(AF_NETLINK, SOCK_RAW, 0); }, EPERM, 0, EPERM},
    {"netfilter", [](pid_t) { return try_socket(AF_NETLINK, SOCK_RAW, 12); }, EPERM, EPERM, EPERM},
    {"raw", [](pid_t) { return try_socket(AF_INET, SOCK_RAW, IPPROTO_TCP); }, EPERM, EPERM, EPERM},
    {"raw IPv6", [](pid_t) { return try_socket(AF_INET6, SOCK_RAW, IPPROTO_UDP); }, EPERM, EPERM, EPERM},
    {"packet", [](pid_t) { return try_socket(AF_PACKET, SOCK_RAW, 0); }, EPERM, EPERM, EPERM},
    {"packet, cooked", [](pid_t) { return try_socket(AF_PACKET, SOCK_DGRAM, 0); }, EPERM, EPERM, EPERM},
    {"XDP", [](pid_t) { return try_socket(44, SOCK_RAW, 0); }, EPERM, EPERM, EPERM},
    {"vsock", [](pid_t) { return try_socket(40, SOCK_STREAM, 0); }, EPERM, EPERM, EPERM},
    {"Unix, as a user that others are, too", [](pid_t) { return try_socket(AF_UNIX, SOCK_STREAM, 0); }, EPERM, EPERM, EPERM},
    {"time limit of a socket", [](pid_t) { return try_option(SO_RCVTIMEO, timeval{1, 0}); }, EPERM, 0, EPERM},
    {"socket that keeps waiting who closes it", [](pid_t) { return try_option(SO_LINGER, linger{1, 60}); }, EPERM, EPERM, EPERM},
    {"socket pair", [](pid_t) { int ends[2]; return errno_of(socketpair(AF_UNIX, SOCK_STREAM, 0, ends)); }, EPERM, 0, EPERM},
};

BOOST_DATA_TEST_CASE(system_calls, data::make(cases), c) {
	const pid_t parent = getpid();
	const auto result = [&](bool network, bool exec) {
		SandboxRules rules;
		rules.network = network;
		rules.exec = exec;
		return in_sandbox(rules, [&] { return c.attempt(parent); });
	};
	BOOST_TEST(result(false, false) == c.plain);
	BOOST_TEST(result(true, false) == c.network);
	BOOST_TEST(result(false, true) == c.exec);
}

SandboxRules own_user(bool network, bool exec) {
	SandboxRules rules;
	rules.own_user = true;
	rules.network = network;
	rules.exec = exec;
	return rules;
}

BOOST_AUTO_TEST_CASE(a_user_of_its_own_may_use_unix_sockets_and_owns_its_files, *needs_root()) {
	BOOST_TEST(in_sandbox(own_user(false, false), [] { return try_socket(AF_UNIX, SOCK_STREAM, 0); }) == EPERM);
	BOOST_TEST(in_sandbox(own_user(true, false), [] { return try_socket(AF_UNIX, SOCK_STREAM, 0); }) == 0);
	BOOST_TEST(in_sandbox(own_user(false, false), [] {
		return errno_of(fchmodat(AT_FDCWD, "/etc/passwd", 0600, 0)) == EPERM ? errno_of(chmod("/no/such", 0600)) : 1;
	}) == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_limit_is_not_raised_again, *needs_root()) {
	BOOST_TEST(in_sandbox(own_user(false, false), [] { return try_limit(0, 256); }) == 0);
	BOOST_TEST(in_sandbox(own_user(false, false), [] { return try_limit(0, 257); }) == EPERM);
}

BOOST_AUTO_TEST_CASE(who_may_start_programs_may_end_them_but_nobody_else, *needs_root()) {
	const pid_t stranger = fork();
	if (stranger == 0) {
		become(kSomeUser); // the same user, but not in the sandbox
		pause();
		_exit(0);
	}
	const int result = in_sandbox(own_user(false, true), [&] {
		const pid_t child = fork();
		if (child == 0) {
			pause();
			_exit(0);
		}
		int status = 0;
		if (kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
			return 1;
		return kill(getppid(), 0) == 0 ? 2 : errno;
	});
	BOOST_TEST(result == EPERM);
	kill(stranger, SIGKILL);
	waitpid(stranger, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(network_reaches_a_listener) {
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sockaddr_in address{};
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t size = sizeof address;
	BOOST_REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
	BOOST_REQUIRE(listen(listener, 4) == 0);
	BOOST_REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
	// A socket made before is of no use without the grant either.
	const int made_before = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SandboxRules rules;
	BOOST_TEST(in_sandbox(rules, [&] { return errno_of(connect(made_before, reinterpret_cast<sockaddr*>(&address), size)); }) == EPERM);
	rules.network = true;
	BOOST_TEST(in_sandbox(rules, [&] {
		const int ours = socket(AF_INET, SOCK_STREAM, 0);
		return errno_of(connect(ours, reinterpret_cast<sockaddr*>(&address), size));
	}) == 0);
	BOOST_TEST(in_sandbox(rules, [] {
		addrinfo* found = nullptr;
		const int error = getaddrinfo("127.0.0.1", "80", nullptr, &found);
		return error == 0 ? 0 : 1;
	}) == 0);
	close(made_before);
	close(listener);
}

} // namespace
