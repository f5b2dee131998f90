// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/pins.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

namespace fs = std::filesystem;

constexpr const char* kProgramFolder = "traffic-monitor";
constexpr const char* kLayout = "layout";
constexpr std::string_view kFresh = "~"; // behind the name of a pin that is about to replace another
constexpr std::size_t kMostNameBytes = 64;

// The one value of the map `layout`.
struct LayoutRecord {
	uint64_t version;
	uint64_t hash;
};
constexpr uint64_t kLayoutVersion = 1;

[[noreturn]] void fail(const std::string& what, int error) {
	std::string text = what + ": " + std::strerror(error);
	if (error == EPERM || error == EACCES)
		text += "; run as root (sudo)";
	throw PinError(text);
}

bool is_name_character(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

void check_name(std::string_view name) {
	if (name.empty() || name.size() > kMostNameBytes || !std::all_of(name.begin(), name.end(), is_name_character))
		throw PinError("\"" + std::string(name) + "\" cannot be the name of a pin");
}

// The file system keeps names with dots for itself, and interfaces have them: "eth0.5" becomes "eth0%2e5".
std::string escaped(std::string_view interface) {
	std::string text;
	for (const char c : interface) {
		char code[4];
		std::snprintf(code, sizeof code, "%%%02x", static_cast<unsigned char>(c));
		text += is_name_character(c) ? std::string(1, c) : code;
	}
	return text;
}

std::string unescaped(const std::string& folder) {
	std::string text;
	for (std::size_t i = 0; i < folder.size(); ++i) {
		unsigned code = 0;
		if (folder[i] == '%' && std::sscanf(folder.c_str() + i, "%%%2x", &code) == 1) {
			text += static_cast<char>(code);
			i += 2;
		} else {
			text += folder[i];
		}
	}
	return text;
}

// Makes sure that a folder is ours alone; false when it is not there, and is not to be made.
bool check_folder(const fs::path& path, bool make) {
	if (make && mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
		fail("cannot make " + path.string(), errno);
	struct stat status;
	if (lstat(path.c_str(), &status) != 0) {
		if (errno == ENOENT && !make)
			return false;
		fail("cannot look at " + path.string(), errno);
	}
	if (!S_ISDIR(status.st_mode))
		throw PinError(path.string() + " is no folder; remove it");
	if (status.st_uid != geteuid())
		throw PinError(path.string() + " belongs to user " + std::to_string(status.st_uid) + ", not to user " +
		               std::to_string(geteuid()) + " who runs this: what is pinned there is not trusted; remove it");
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		throw PinError(path.string() + " can be written to by others: what is pinned there is not trusted; remove it");
	return true;
}

std::vector<std::string> list(const fs::path& folder) {
	std::vector<std::string> names;
	std::error_code error;
	for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator(); at.increment(error))
		names.push_back(at->path().filename());
	if (error && error != std::errc::no_such_file_or_directory)
		fail("cannot list " + folder.string(), error.value());
	std::sort(names.begin(), names.end());
	return names;
}

bool unpin(const fs::path& path) {
	if (unlink(path.c_str()) == 0)
		return true;
	if (errno != ENOENT)
		fail("cannot remove " + path.string(), errno);
	return false;
}

} // namespace

fs::path pin_root() {
	struct stat status;
	if (stat("/proc/thread-self/ns/net", &status) != 0)
		fail("cannot tell the network namespace", errno);
	return fs::path(kBpffs) / kProgramFolder / std::to_string(status.st_ino);
}

std::vector<std::string> pinned_interfaces(const fs::path& root) {
	if (!is_bpffs(root.parent_path()) || !check_folder(root.parent_path(), false) || !check_folder(root, false))
		return {};
	std::vector<std::string> interfaces = list(root);
	std::transform(interfaces.begin(), interfaces.end(), interfaces.begin(), unescaped);
	return interfaces;
}

PinFolder::PinFolder(const fs::path& root, std::string_view interface) : root_(root), path_(root / escaped(interface)) {}

// From the folder of the program down, each only once the one above is known to be ours.
void PinFolder::check(bool make) const {
	check_folder(root_.parent_path(), make) && check_folder(root_, make) && check_folder(path_, make);
}

bool PinFolder::exists() const { return !names().empty(); }

bool PinFolder::exists(std::string_view name) const {
	const auto all = names();
	return std::find(all.begin(), all.end(), name) != all.end();
}

std::vector<std::string> PinFolder::names() const {
	check(false);
	std::vector<std::string> all = list(path_);
	std::erase_if(all, [](const std::string& name) { return name.ends_with(kFresh); });
	return all;
}

void PinFolder::pin(std::span<const Pin> pins) {
	for (const Pin& pin : pins)
		check_name(pin.name);
	require_bpffs(root_.parent_path().parent_path());
	std::vector<fs::path> made;
	try {
		check(true);
		// All under names of their own first: what can fail has failed before any takes its place.
		for (const Pin& pin : pins) {
			const fs::path fresh = path_ / (pin.name + std::string(kFresh));
			unpin(fresh);
			if (const int error = bpf_obj_pin(pin.fd, fresh.c_str()); error != 0)
				fail("cannot pin " + (path_ / pin.name).string(), -error);
			made.push_back(fresh);
		}
		for (std::size_t i = 0; i < pins.size(); ++i) {
			if (rename(made[i].c_str(), (path_ / pins[i].name).c_str()) != 0)
				fail("cannot pin " + (path_ / pins[i].name).string(), errno);
			made[i] = path_ / pins[i].name;
		}
	} catch (...) {
		for (const fs::path& path : made)
			unlink(path.c_str());
		for (const fs::path& folder : {path_, root_, root_.parent_path()})
			rmdir(folder.c_str()); // only where nothing else is in it
		throw;
	}
}

void PinFolder::pin(int fd, std::string_view name) {
	const Pin pins[] = {{std::string(name), fd}};
	pin(pins);
}

Fd PinFolder::open(std::string_view name) const {
	check_name(name);
	check(false);
	const fs::path path = path_ / name;
	const int fd = bpf_obj_get(path.c_str());
	if (fd == -ENOENT)
		return Fd();
	if (fd < 0)
		fail("cannot open " + path.string(), -fd);
	return Fd(fd);
}

void PinFolder::write_layout(uint64_t hash) {
	const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "tmon_layout", sizeof(uint32_t), sizeof(LayoutRecord), 1, nullptr));
	if (!map)
		fail("cannot make the map that tells the layout of the pins", errno);
	const uint32_t key = 0;
	const LayoutRecord record{kLayoutVersion, hash};
	if (bpf_map_update_elem(map.get(), &key, &record, BPF_ANY) != 0 || bpf_map_freeze(map.get()) != 0)
		fail("cannot write the layout of the pins", errno);
	pin(map.get(), kLayout);
}

std::optional<uint64_t> PinFolder::layout() const {
	const Fd map = open(kLayout);
	if (!map)
		return std::nullopt;
	bpf_map_info info{};
	__u32 size = sizeof info;
	const uint32_t key = 0;
	LayoutRecord record;
	if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0 || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != sizeof key || info.value_size != sizeof record ||
	    bpf_map_lookup_elem(map.get(), &key, &record) != 0 || record.version != kLayoutVersion)
		return std::nullopt;
	return record.hash;
}

bool PinFolder::remove(std::string_view name) {
	check_name(name);
	check(false);
	return unpin(path_ / name);
}

std::vector<std::string> PinFolder::remove_all() {
	check(false);
	std::vector<std::string> removed;
	for (const std::string& name : list(path_)) {
		if (unpin(path_ / name) && !name.ends_with(kFresh))
			removed.push_back(name);
	}
	if (rmdir(path_.c_str()) != 0 && errno != ENOENT)
		fail("cannot remove " + path_.string(), errno);
	for (const fs::path& folder : {root_, root_.parent_path()})
		rmdir(folder.c_str()); // other interfaces or namespaces may have theirs in it
	return removed;
}

} // namespace tmon
