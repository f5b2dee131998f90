// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/plugin_file/trusted_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace tmon {

namespace {

// Who called sudo. Only root asks: another user's environment proves nothing.
std::optional<uid_t> sudo_caller() {
	const char* text = geteuid() == 0 ? std::getenv("SUDO_UID") : nullptr;
	if (!text)
		return std::nullopt;
	uid_t uid = 0;
	const char* end = text + std::strlen(text);
	const auto [stop, status] = std::from_chars(text, end, uid);
	if (status != std::errc{} || stop != end || stop == text)
		return std::nullopt;
	return uid;
}

bool is_trusted_owner(uid_t uid) { return uid == 0 || uid == geteuid() || uid == sudo_caller(); }

std::string user(uid_t uid) {
	const struct passwd* entry = getpwuid(uid);
	return (entry ? std::string(entry->pw_name) + " (uid " : "uid ") + std::to_string(uid) + (entry ? ")" : "");
}

std::string trusted_owners() {
	std::string text = "root";
	if (geteuid() != 0)
		text += " or " + user(geteuid());
	else if (const auto caller = sudo_caller(); caller && *caller != 0)
		text += " or " + user(*caller);
	return text;
}

std::string mode_text(mode_t mode) {
	char text[8];
	std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777u));
	return text;
}

// What is wrong with the object's owner or mode; empty when nothing is.
std::string distrust(const struct stat& status, const std::string& path) {
	const bool directory = S_ISDIR(status.st_mode);
	const std::string what = (directory ? "the directory " : "the plugin ") + path;
	if (!is_trusted_owner(status.st_uid))
		return what + " belongs to " + user(status.st_uid) +
		       ", who could change the plugin: it must belong to " + trusted_owners() + " (chown root " + path +
		       ")";
	const mode_t others = status.st_mode & (S_IWGRP | S_IWOTH);
	if (others == 0 || (directory && (status.st_mode & S_ISVTX)))
		return {};
	return what + " can be written by " + (others & S_IWOTH ? "everybody" : "its group") + " (mode " +
	       mode_text(status.st_mode) + "): chmod go-w " + path;
}

std::string cannot_open(const std::string& path, int error) {
	return "cannot open the plugin " + path + ": " + std::strerror(error);
}

std::string link_target(int directory, const std::string& name) {
	char target[PATH_MAX];
	const ssize_t size = readlinkat(directory, name.c_str(), target, sizeof target);
	return size < 0 ? "another file" : std::string(target, static_cast<std::size_t>(size));
}

// Goes down from the root to `resolved`, a path without links, and judges every directory on the way.
std::variant<Fd, std::string> open_trusted_directory(const std::filesystem::path& resolved) {
	constexpr int flags = O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC;
	Fd current;
	std::filesystem::path walked;
	for (const std::filesystem::path& part : resolved) {
		walked /= part;
		Fd next(current ? openat(current.get(), part.c_str(), flags) : open("/", flags));
		struct stat status;
		if (!next || fstat(next.get(), &status) != 0)
			return "cannot open the directory " + walked.string() + ": " + std::strerror(errno);
		if (auto reason = distrust(status, walked.string()); !reason.empty())
			return reason;
		current = std::move(next);
	}
	return current;
}

} // namespace

std::variant<TrustedFile, std::string> open_trusted(const std::string& path) {
	const std::size_t slash = path.rfind('/');
	const std::string name = path.substr(slash + 1); // npos + 1 is 0
	const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
	if (name.empty() || name == "." || name == "..")
		return "the plugin " + path + " is not a regular file";
	const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(parent.c_str(), nullptr), &std::free);
	if (!resolved)
		return cannot_open(path, errno);
	auto directory = open_trusted_directory(resolved.get());
	if (auto* reason = std::get_if<std::string>(&directory))
		return std::move(*reason);
	const int at = std::get<Fd>(directory).get();

	// Looked at before it is opened: opening alone sets some devices going.
	TrustedFile file{path, {}, {}};
	if (fstatat(at, name.c_str(), &file.status, AT_SYMLINK_NOFOLLOW) != 0)
		return cannot_open(path, errno);
	if (S_ISLNK(file.status.st_mode))
		return "the plugin " + path + " is a symbolic link to " + link_target(at, name) +
		       ": give the path of the file itself";
	if (!S_ISREG(file.status.st_mode))
		return "the plugin " + path + " is not a regular file";
	file.descriptor = Fd(openat(at, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	if (!file.descriptor || fstat(file.descriptor.get(), &file.status) != 0)
		return cannot_open(path, errno);
	if (!S_ISREG(file.status.st_mode)) // exchanged in between
		return "the plugin " + path + " is not a regular file";
	if (auto reason = distrust(file.status, path); !reason.empty())
		return reason;
	return file;
}

} // namespace tmon
