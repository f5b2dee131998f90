// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The copy of a plugin's file: the same bytes, out of everybody's reach, and loadable by another user.
#include "host/plugin_file/sealed_copy.hpp"
#include "test/support/privileged.hpp"
#include "test/unit/host/plugin_file/plugin_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace {

using namespace tmon;
using namespace tmon::test;

struct Files {
	TempDir dir;

	std::string write(const std::string& text) const {
		const std::string path = dir.write("my-plugin.so", text).string();
		chmod(path.c_str(), 0644);
		return path;
	}
};

TrustedFile opened(const std::string& path) {
	auto result = open_trusted(path);
	if (const auto* reason = std::get_if<std::string>(&result))
		throw std::runtime_error(*reason);
	return std::get<TrustedFile>(std::move(result));
}

std::string refusal(const TrustedFile& file) {
	const auto result = make_sealed_copy(file);
	const auto* reason = std::get_if<std::string>(&result);
	return reason ? *reason : "taken";
}

SealedCopy copy_of(const std::string& path) {
	auto result = make_sealed_copy(opened(path));
	if (const auto* reason = std::get_if<std::string>(&result))
		throw std::runtime_error(*reason);
	return std::get<SealedCopy>(std::move(result));
}

BOOST_FIXTURE_TEST_SUITE(sealed_copy, Files)

BOOST_AUTO_TEST_CASE(it_is_the_file_byte_for_byte) {
	std::string text(3u << 20, 'x');
	for (std::size_t i = 0; i < text.size(); i += 1000)
		text[i] = static_cast<char>(i);
	BOOST_TEST((SealedView(copy_of(write(text)).descriptor.get()).bytes() == text));
	BOOST_TEST(SealedView(copy_of(write("")).descriptor.get()).bytes() == "");
	BOOST_TEST(copy_of(write("")).sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	BOOST_TEST(copy_of(write("abc")).sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(nobody_can_change_it) {
	const SealedCopy copy = copy_of(write("content"));
	const int descriptor = copy.descriptor.get();
	const int seals = fcntl(descriptor, F_GET_SEALS);
	for (const int seal : {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL})
		BOOST_TEST((seals & seal) == seal);
	BOOST_TEST((fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY);
	const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
	const Fd writable(open(name.c_str(), O_RDWR | O_CLOEXEC));
	if (writable) { // only root gets one, and it is of no use
		BOOST_TEST(::write(writable.get(), "x", 1) < 0);
		BOOST_TEST(ftruncate(writable.get(), 0) != 0);
		BOOST_TEST(ftruncate(writable.get(), 100) != 0);
		BOOST_TEST((mmap(nullptr, 7, PROT_WRITE, MAP_SHARED, writable.get(), 0) == MAP_FAILED));
	}
	BOOST_TEST(std::filesystem::read_symlink(name).string().find("my-plugin") != std::string::npos);
	BOOST_TEST((fcntl(descriptor, F_GETFD) & FD_CLOEXEC));
	BOOST_TEST(SealedView(descriptor).bytes() == "content");
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_meanwhile_is_refused) {
	const std::string path = write("content");
	const std::string changed = "the plugin " + path + " changed while it was being read: try again";
	{
		const TrustedFile file = opened(path);
		std::ofstream(path, std::ios::app) << "more";
		BOOST_TEST(refusal(file) == changed);
	}
	{
		const TrustedFile file = opened(path);
		BOOST_REQUIRE(truncate(path.c_str(), 2) == 0);
		BOOST_TEST(refusal(file) == changed);
	}
	{
		const TrustedFile file = opened(path);
		const timespec times[] = {{0, 0}, {1, 0}}; // written to, at another time
		BOOST_REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
		BOOST_TEST(refusal(file) == changed);
	}
	{
		const TrustedFile file = opened(path);
		std::filesystem::rename(dir.write("new.so", "another"), path);
		BOOST_TEST(refusal(file) == changed);
	}
	BOOST_TEST(refusal(opened(path)) == "taken");
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused) {
	const std::string path = write("");
	BOOST_REQUIRE(truncate(path.c_str(), static_cast<off_t>(max_plugin_bytes) + 1) == 0); // sparse
	BOOST_TEST(refusal(opened(path)) == "the plugin " + path + " is larger than 256 MiB: is this the right file?");
}

// As a runner does it: another user, with the descriptor and nothing else.
BOOST_AUTO_TEST_CASE(an_unprivileged_user_loads_it, *needs_root()) {
	const std::string path = write(plugin_bytes("plain"));
	const SealedCopy copy = copy_of(path);
	std::filesystem::remove(path);
	const pid_t child = fork();
	if (child == 0) {
		const std::string name = "/proc/self/fd/" + std::to_string(copy.descriptor.get());
		if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		if (open(name.c_str(), O_RDWR) >= 0 || fchmod(copy.descriptor.get(), 0777) == 0)
			_exit(2);
		void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
		if (!library)
			_exit(3);
		const auto answer = reinterpret_cast<int (*)()>(dlsym(library, "answer"));
		_exit(answer && answer() == 42 ? 0 : 4);
	}
	int status = 0;
	BOOST_REQUIRE(waitpid(child, &status, 0) == child);
	BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0), "ended with " << status);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
