// SPDX-License-Identifier: MIT OR Apache-2.0
//
// System calls by what a sandboxed plugin may do with them, whatever their arguments. What is in no list, and has
// no rule in syscalls.cpp, fails with EPERM. Names that an architecture does not have are passed over.
#pragma once

namespace tmon {

constexpr const char* kHarmlessCalls[] = {
    // memory of its own
    "brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "msync", "mincore", "mlock", "mlock2",
    "munlock", "mlockall", "munlockall", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy",
    // threads and waiting
    "futex", "futex_time64", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq",
    "arch_prctl", "set_thread_area", "get_thread_area", "exit", "exit_group", "wait4", "waitid", "waitpid",
    "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_getattr",
    "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "getpriority", "ioprio_get",
    "restart_syscall", "pause",
    // signals to itself
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
    "sigaltstack", "sigreturn", "signalfd", "signalfd4",
    // time
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "clock_gettime64", "gettimeofday", "time",
    "times", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "timerfd_create",
    "timerfd_settime", "timerfd_gettime", "setitimer", "getitimer", "alarm",
    // asking
    "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups",
    "getpgid", "getpgrp", "getsid", "getrlimit", "ugetrlimit", "getrusage", "getcpu", "getrandom", "sysinfo",
    "uname", "capget",
    // files, by descriptor or where Landlock lets it
    "open", "openat", "openat2", "creat", "close", "close_range", "read", "readv", "pread64", "preadv", "preadv2",
    "write", "writev", "pwrite64", "pwritev", "pwritev2", "lseek", "_llseek", "sendfile", "sendfile64",
    "copy_file_range", "stat", "lstat", "fstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
    "umask", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "truncate", "truncate64", "ftruncate", "ftruncate64", "fallocate", "fadvise64",
    "fadvise64_64", "readahead", "fsync", "fdatasync", "sync_file_range", "flock", "fchmod", "getxattr",
    "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "dup", "dup2", "dup3", "pipe", "pipe2",
    "eventfd", "eventfd2",
    // waiting for descriptors, and the socket that it has
    "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "getsockopt",
    "getsockname", "getpeername", "shutdown",
};

// Once it may have sockets of its own.
constexpr const char* kSocketCalls[] = {"connect", "bind", "listen", "accept", "accept4"};

// What the owner of a file, or of a process, may do: harmless with a user id that nobody else has.
constexpr const char* kOwnersCalls[] = {
    "chmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "setxattr", "fsetxattr", "removexattr",
    "fremovexattr", "setpriority", "ioprio_set",
};

// Nothing that a plugin is for needs them: to try is to attack, and a refusal would let it go on trying.
constexpr const char* kAttacks[] = {
    // other processes, and the kernel through its most powerful doors
    "bpf", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key",
    "request_key", "keyctl",
    // mounts, namespaces, file handles
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr", "unshare", "setns", "open_by_handle_at", "fanotify_init",
    // the machine
    "init_module", "finit_module", "delete_module", "create_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "sethostname", "setdomainname",
    "vhangup", "lookup_dcookie", "nfsservctl", "clock_settime", "clock_settime64", "settimeofday", "stime",
    "adjtimex", "clock_adjtime", "clock_adjtime64", "modify_ldt",
};

} // namespace tmon
