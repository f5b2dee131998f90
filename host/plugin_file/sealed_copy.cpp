// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/plugin_file/sealed_copy.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

// Newer than the C library's headers.
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

namespace tmon {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr mode_t kMode = 0555; // the runner is another user, and maps it for execution

Fd make_memory_file(const std::string& path) {
	const std::string name = std::filesystem::path(path).stem().string().substr(0, 200);
	constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	Fd file(memfd_create(name.c_str(), flags | MFD_EXEC));
	if (!file && errno == EINVAL) // before Linux 6.3, where every memfd is executable
		file = Fd(memfd_create(name.c_str(), flags));
	return file;
}

bool seal(int descriptor) {
	if (fchmod(descriptor, kMode) != 0)
		return false;
	if (fcntl(descriptor, F_ADD_SEALS, kSeals | F_SEAL_EXEC) == 0)
		return true;
	return errno == EINVAL && fcntl(descriptor, F_ADD_SEALS, kSeals) == 0; // before Linux 6.3
}

bool write_whole(int descriptor, const char* data, std::size_t size) {
	while (size > 0) {
		const ssize_t written = write(descriptor, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		data += written;
		size -= static_cast<std::size_t>(written);
	}
	return true;
}

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

bool is_unchanged(const struct stat& before, const struct stat& after) {
	return before.st_ino == after.st_ino && before.st_dev == after.st_dev && before.st_size == after.st_size &&
	       before.st_nlink == after.st_nlink && same_time(before.st_mtim, after.st_mtim) &&
	       same_time(before.st_ctim, after.st_ctim);
}

// Hashes what the copy holds, not what was read for it.
std::string sha256_of(std::string_view bytes) {
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1)
		throw std::runtime_error("cannot compute SHA-256: the cryptographic library refuses it");
	constexpr char digits[] = "0123456789abcdef";
	std::string text;
	for (unsigned i = 0; i < size; ++i) {
		text += digits[digest[i] >> 4];
		text += digits[digest[i] & 15];
	}
	return text;
}

} // namespace

std::variant<SealedCopy, std::string> make_sealed_copy(const TrustedFile& file) {
	const std::string what = "the plugin " + file.path;
	const auto failed = [&](int error) { return "cannot copy " + what + " into memory: " + std::strerror(error); };
	const std::string too_large =
	    what + " is larger than " + std::to_string(max_plugin_bytes >> 20) + " MiB: is this the right file?";
	const std::string changed = what + " changed while it was being read: try again";
	if (file.status.st_size > static_cast<off_t>(max_plugin_bytes))
		return too_large;
	const Fd copy = make_memory_file(file.path);
	if (!copy)
		return errno == EACCES
		           ? failed(errno) + " (sysctl vm.memfd_noexec forbids executable memory files: set it "
		                             "to 1 or 0)"
		           : failed(errno);
	std::vector<char> buffer(1u << 20);
	std::size_t total = 0;
	for (;;) {
		const ssize_t got = read(file.descriptor.get(), buffer.data(), buffer.size());
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return "cannot read " + what + ": " + std::strerror(errno);
		if (got == 0)
			break;
		total += static_cast<std::size_t>(got);
		if (total > max_plugin_bytes)
			return too_large;
		if (!write_whole(copy.get(), buffer.data(), static_cast<std::size_t>(got)))
			return failed(errno);
	}
	struct stat after;
	if (fstat(file.descriptor.get(), &after) != 0)
		return failed(errno);
	if (!is_unchanged(file.status, after) || total != static_cast<std::size_t>(after.st_size))
		return changed;
	if (!seal(copy.get()))
		return failed(errno);
	// A descriptor that can only read, so that not even a call that a seal does not cover gets anywhere.
	Fd readable(open(("/proc/self/fd/" + std::to_string(copy.get())).c_str(), O_RDONLY | O_CLOEXEC));
	if (!readable)
		return failed(errno);
	std::string sha256 = sha256_of(SealedView(readable.get()).bytes());
	return SealedCopy{std::move(readable), std::move(sha256)};
}

SealedView::SealedView(int descriptor) {
	struct stat status;
	if (fstat(descriptor, &status) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot look at a plugin's copy");
	size_ = static_cast<std::size_t>(status.st_size);
	if (size_ == 0) // cannot be mapped
		return;
	void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (data == MAP_FAILED)
		throw std::system_error(errno, std::generic_category(), "cannot map a plugin's copy");
	data_ = static_cast<const char*>(data);
}

SealedView::~SealedView() {
	if (data_)
		munmap(const_cast<char*>(data_), size_);
}

} // namespace tmon
