// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Kernel objects of one interface by name, kept beyond the process: links, programs, maps. What they are is not known here.
#pragma once

#include "host/filter/bpffs.hpp"
#include "host/system/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// What is pinned under a name; the descriptor stays the caller's.
struct Pin {
	std::string name; // letters, digits, '_' and '-', at most 64
	int fd = -1;
};

// Where this network namespace's pins are: <bpffs>/traffic-monitor/<inode of the namespace>. Throws PinError.
std::filesystem::path pin_root();

// Interfaces that have a folder in `root`. Throws PinError.
std::vector<std::string> pinned_interfaces(const std::filesystem::path& root);

// The folder of an interface. Folders are made when they are needed, 0700; one that belongs to somebody else or that others may
// write to is refused. All that fails throws PinError; nothing of a failed call stays behind.
class PinFolder {
public:
	PinFolder(const std::filesystem::path& root, std::string_view interface);

	const std::filesystem::path& path() const noexcept { return path_; }

	// Whether there is anything in it.
	bool exists() const;
	bool exists(std::string_view name) const;
	std::vector<std::string> names() const; // sorted

	// Pins all of them, or none. A name that is taken is given to the new object in one step, but not given back when a later
	// one fails. Makes sure of the file system (require_bpffs) and the folders.
	void pin(std::span<const Pin> pins);
	void pin(int fd, std::string_view name);

	// The object of that name: for a link a descriptor of it, which bpf_link_update accepts. Empty when there is none.
	Fd open(std::string_view name) const;

	// Which layout the pinned maps have: whoever adopts them compares it with its own. Kept in a small map that is pinned beside
	// them. Nothing when none has been written, or by a version that wrote it differently.
	void write_layout(uint64_t hash);
	std::optional<uint64_t> layout() const;

	// Removes the pins with these names, or all of them with the folder, and folders above that are empty then. What was not there
	// is none of a failure. Returns the names that were.
	bool remove(std::string_view name);
	std::vector<std::string> remove_all();

private:
	void check(bool make) const;

	std::filesystem::path root_, path_;
};

} // namespace tmon
