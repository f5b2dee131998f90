// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sandbox/syscalls.hpp"

#include "host/sandbox/landlock.hpp"
#include "host/sandbox/syscall_names.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>

namespace tmon {

namespace {

constexpr uint64_t kInt = 0xffffffff; // the half of a register that the kernel reads as an int

scmp_arg_cmp argument_is(unsigned index, int64_t value) {
	return {index, SCMP_CMP_MASKED_EQ, kInt, static_cast<uint64_t>(value) & kInt};
}
scmp_arg_cmp argument_has(unsigned index, uint64_t mask, uint64_t value) {
	return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

class Filter {
public:
	Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
		if (!context_)
			throw std::runtime_error("cannot make a system call filter");
		check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
		      "foreign architectures");
		// A sanitizer may have started a thread already.
		check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1), "threads");
		check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "order");
	}

	template <class... Comparisons>
	void allow(const char* name, Comparisons... comparisons) {
		add(SCMP_ACT_ALLOW, name, comparisons...);
	}
	template <class... Comparisons>
	void kill(const char* name, Comparisons... comparisons) {
		add(SCMP_ACT_KILL_PROCESS, name, comparisons...);
	}
	void fail(const char* name, int error) { add(SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), name); }

	void load() { check(seccomp_load(context_.get()), "loading it"); }

private:
	// A call that this architecture, or the library's list, does not have needs no rule.
	template <class... Comparisons>
	void add(uint32_t action, const char* name, Comparisons... comparisons) {
		const int number = seccomp_syscall_resolve_name(name);
		if (number < 0)
			return;
		const scmp_arg_cmp all[sizeof...(comparisons) + 1] = {comparisons..., {}};
		check(seccomp_rule_add_array(context_.get(), action, number, sizeof...(comparisons), all), name);
	}
	static void check(int result, const char* what) {
		if (result != 0)
			throw std::runtime_error(std::string("cannot make the system call filter: ") + what + ": " +
			                         std::strerror(-result));
	}

	struct Release {
		void operator()(void* context) const { seccomp_release(context); }
	};
	std::unique_ptr<void, Release> context_;
};

void allow_threads_and_programs(Filter& filter, bool exec) {
	constexpr uint64_t new_namespaces =
	    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	// Its flags lie in memory, where a filter cannot look; the C library then takes clone.
	filter.fail("clone3", ENOSYS);
	if (!exec) {
		filter.allow("clone", argument_has(0, CLONE_THREAD | new_namespaces, CLONE_THREAD));
		return;
	}
	filter.allow("clone", argument_has(0, new_namespaces, 0));
	for (const char* name : {"fork", "vfork", "execve", "execveat", "setpgid", "setsid"})
		filter.allow(name);
}

// Signals for others: with a user of its own, all that the process could reach are its own children; Landlock
// keeps signals within the sandbox, too.
void allow_signals(Filter& filter, bool children_only) {
	const scmp_arg_cmp own = argument_is(0, getpid());
	for (const char* name : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}) {
		if (children_only)
			filter.allow(name);
		else
			filter.allow(name, own);
	}
}

void allow_on_itself(Filter& filter, bool own_user) {
	// The kernel lets nobody without CAP_SYS_RESOURCE raise a hard limit.
	filter.allow("prlimit64", argument_is(0, 0));
	filter.allow("prlimit64", argument_is(0, getpid()));
	filter.allow("setrlimit");
	for (const char* name : {"sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"}) {
		if (own_user)
			filter.allow(name);
		else
			filter.allow(name, argument_is(0, 0));
	}
	filter.allow("personality", argument_is(0, 0xffffffff)); // asks
	filter.kill("personality", scmp_arg_cmp{0, SCMP_CMP_NE, 0xffffffff, 0});
	// By path these are not Landlock's business; a user of its own may change what it owns, which is little.
	filter.allow("utimensat", scmp_arg_cmp{1, SCMP_CMP_EQ, 0, 0});
	if (own_user) {
		for (const char* name : kOwnersCalls)
			filter.allow(name);
	}
}

void allow_prctl(Filter& filter) {
	// PR_SET_VMA names memory; it is newer than some headers.
	constexpr int set_vma = 0x53564d41;
	for (const int option :
	     {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_PDEATHSIG, PR_GET_KEEPCAPS, PR_GET_SECCOMP,
	      PR_GET_SECUREBITS, PR_GET_TIMERSLACK, PR_SET_TIMERSLACK, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS,
	      PR_GET_THP_DISABLE, PR_SET_THP_DISABLE, PR_CAPBSET_READ, PR_GET_TID_ADDRESS, PR_GET_SPECULATION_CTRL,
	      PR_GET_CHILD_SUBREAPER, PR_GET_TAGGED_ADDR_CTRL, set_vma})
		filter.allow("prctl", argument_is(0, option));
}

void allow_fcntl(Filter& filter) {
	// Not F_SETOWN, F_SETSIG and their kin: they send signals.
	constexpr int dupfd_query = 1027;
	for (const int command :
	     {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK,
	      F_OFD_SETLK, F_OFD_SETLKW, F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS, dupfd_query}) {
		filter.allow("fcntl", argument_is(1, command));
		filter.allow("fcntl64", argument_is(1, command));
	}
}

void allow_ioctl(Filter& filter, bool network) {
	for (const unsigned request : std::initializer_list<unsigned>{FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS,
	                                                              TIOCGWINSZ, TIOCGPGRP, FICLONE, FS_IOC_GETFLAGS})
		filter.allow("ioctl", argument_is(1, request));
	if (!network)
		return;
	for (const unsigned request : std::initializer_list<unsigned>{
	         SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFINDEX, SIOCGIFMTU, SIOCGIFHWADDR,
	         SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCOUTQ})
		filter.allow("ioctl", argument_is(1, request));
}

// With the numbers that 32-bit times have.
constexpr int kSocketOptions[] = {SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE, SO_BROADCAST, SO_DONTROUTE, SO_OOBINLINE,
                                  SO_SNDBUF,    SO_RCVBUF,    SO_RCVLOWAT,  SO_PRIORITY,  SO_TIMESTAMP, SO_TIMESTAMPNS,
                                  SO_PASSCRED,  SO_RCVTIMEO,  SO_SNDTIMEO,  SO_BINDTODEVICE, SO_INCOMING_CPU,
                                  SO_MAX_PACING_RATE, SO_BUSY_POLL, SO_ZEROCOPY};

void allow_sockets(Filter& filter, bool own_user) {
	constexpr uint64_t type = 0xf; // the rest are flags
	for (const int kind : {SOCK_STREAM, SOCK_DGRAM}) {
		for (const int family : {AF_INET, AF_INET6})
			filter.allow("socket", argument_is(0, family),
			             argument_has(1, type, static_cast<uint64_t>(kind)));
	}
	// Resolvers ask for addresses and routes; to change them takes a capability.
	for (const int kind : {SOCK_RAW, SOCK_DGRAM})
		filter.allow("socket", argument_is(0, AF_NETLINK), argument_has(1, type, static_cast<uint64_t>(kind)),
		             argument_is(2, NETLINK_ROUTE));
	// With the user's own sessions' sockets in reach it could have others do what it may not.
	if (own_user)
		filter.allow("socket", argument_is(0, AF_UNIX));
	// By name, so as not to allow SO_LINGER: whoever closes such a socket waits, and a plugin can send one to the host.
	for (const int level : std::initializer_list<int>{IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, SOL_NETLINK})
		filter.allow("setsockopt", argument_is(1, level));
	for (const int option : kSocketOptions)
		filter.allow("setsockopt", argument_is(1, SOL_SOCKET), argument_is(2, option));
	filter.allow("socketpair", argument_is(0, AF_UNIX));
	for (const char* name : kSocketCalls)
		filter.allow(name);
}

} // namespace

void restrict_system_calls(const SandboxRules& rules, uint32_t landlock_abi) {
	Filter filter;
	for (const char* name : kAttacks)
		filter.kill(name);
	for (const char* name : kHarmlessCalls)
		filter.allow(name);
	const bool children_only = rules.own_user || landlock_abi >= kLandlockScopes;
	allow_threads_and_programs(filter, rules.exec);
	allow_signals(filter, rules.exec && children_only);
	allow_on_itself(filter, rules.own_user);
	allow_prctl(filter);
	allow_fcntl(filter);
	allow_ioctl(filter, rules.network);
	if (rules.network)
		allow_sockets(filter, rules.own_user);
	filter.load();
}

} // namespace tmon
