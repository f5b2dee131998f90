// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The file system in which what the kernel holds for BPF outlives the process that made it.
#pragma once

#include <filesystem>
#include <stdexcept>

namespace tmon {

// Something about pins is not as it must be, or the kernel refused; the text says what, why, and what to do.
struct PinError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

inline constexpr const char* kBpffs = "/sys/fs/bpf";

// Whether a BPF file system is there. Throws PinError when that cannot be told.
bool is_bpffs(const std::filesystem::path& path);

// Sees to it that one is there, and mounts one as bpftool does if need be (CAP_SYS_ADMIN). Refuses to do so where it would go
// with this process: in a mount namespace of its own, such as that of `ip netns exec`. Throws PinError.
void require_bpffs(const std::filesystem::path& path = kBpffs);

} // namespace tmon
