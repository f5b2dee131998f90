// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which files a sandboxed process reaches. The process keeps its user here, which as root could open them all.
#include "test/support/temp_dir.hpp"
#include "test/unit/host/sandbox/sandboxed.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <ostream>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

struct PathCase {
	const char* path;
	int flags, plain, network;
};
std::ostream& operator<<(std::ostream& out, const PathCase& c) { return out << c.path << " " << c.flags; }

const PathCase paths[] = {
    {"/etc/shadow", O_RDONLY, EACCES, EACCES},
    {"/etc/passwd", O_RDONLY, EACCES, EACCES},
    {"/root", O_RDONLY | O_DIRECTORY, EACCES, EACCES},
    {"/tmp", O_RDONLY | O_DIRECTORY, EACCES, EACCES},
    {"/", O_RDONLY | O_DIRECTORY, EACCES, EACCES},
    {"/proc/self/status", O_RDONLY, EACCES, EACCES},
    {"/proc/1/status", O_RDONLY, EACCES, EACCES},
    {"/dev/kmsg", O_RDONLY, EACCES, EACCES},
    {"/etc/host.conf", O_RDONLY, EACCES, 0},
    {"/etc/resolv.conf", O_RDONLY, EACCES, 0},
    {"/etc/ld.so.cache", O_RDONLY, 0, 0},
    {"/etc/localtime", O_RDONLY, 0, 0},
    {"/usr/lib", O_RDONLY | O_DIRECTORY, 0, 0},
    {"/lib64", O_RDONLY | O_DIRECTORY, 0, 0},
    {"/usr/bin/env", O_RDONLY, 0, 0},
    {"/usr/bin/env", O_WRONLY, EACCES, EACCES},
    {"/usr/tmon-new", O_WRONLY | O_CREAT, EACCES, EACCES},
    {"/tmp/tmon-new", O_WRONLY | O_CREAT, EACCES, EACCES},
    {"/dev/null", O_RDWR, 0, 0},
    {"/dev/urandom", O_RDONLY, 0, 0},
};

BOOST_DATA_TEST_CASE(files_of_the_system, data::make(paths), c) {
	SandboxRules rules;
	const auto attempt = [&] { return try_open(c.path, c.flags); };
	if (geteuid() == 0) // else it may be the permissions that refuse
		BOOST_TEST(in_child(attempt) == 0, "without the sandbox: " << c);
	if (c.flags & O_CREAT)
		fs::remove(c.path);
	BOOST_TEST(in_sandbox(rules, attempt) == c.plain);
	rules.network = true;
	BOOST_TEST(in_sandbox(rules, attempt) == c.network);
	if (c.flags & O_CREAT)
		BOOST_TEST(!fs::exists(c.path));
}

BOOST_AUTO_TEST_CASE(the_parents_memory) {
	const std::string memory = "/proc/" + std::to_string(getpid()) + "/mem";
	BOOST_TEST(in_child([&] { return try_open(memory.c_str(), O_RDWR); }) == 0);
	BOOST_TEST(in_sandbox({}, [&] { return try_open(memory.c_str(), O_RDONLY); }) == EACCES);
	SandboxRules generous;
	generous.write_paths = {"/proc"}; // even then: it is not in the sandbox
	generous.exec = true;
	BOOST_TEST(in_sandbox(generous, [&] { return try_open(memory.c_str(), O_RDWR); }) == EACCES);
}

struct Tree {
	TempDir dir;
	std::string inside = (dir / "granted").string(), outside = (dir / "other").string();
	Tree() {
		for (const std::string& top : {inside, outside}) {
			fs::create_directories(top + "/deep/er");
			dir.write(top + "/file", "text");
			dir.write(top + "/deep/file", "text");
		}
	}
	template <class Attempt>
	int with_read(Attempt attempt) const {
		SandboxRules rules;
		rules.read_paths = {inside};
		return in_sandbox(rules, attempt);
	}
	template <class Attempt>
	int with_write(Attempt attempt) const {
		SandboxRules rules;
		rules.write_paths = {inside};
		return in_sandbox(rules, attempt);
	}
};

BOOST_FIXTURE_TEST_CASE(a_tree_to_read, Tree) {
	BOOST_TEST(with_read([&] {
		           std::size_t entries = 0;
		           for (const auto& entry : fs::recursive_directory_iterator(inside))
			           entries += entry.path().empty() ? 0 : 1;
		           return entries == 4 && read_file(inside + "/deep/file") == "text" ? 0 : 1;
	           }) == 0);
	BOOST_TEST(with_read([&] { return try_open((inside + "/file").c_str(), O_WRONLY); }) == EACCES);
	BOOST_TEST(with_read([&] { return try_open((inside + "/new").c_str(), O_WRONLY | O_CREAT); }) == EACCES);
	BOOST_TEST(with_read([&] { return errno_of(unlink((inside + "/file").c_str())); }) == EACCES);
	BOOST_TEST(with_read([&] { return try_open((outside + "/file").c_str(), O_RDONLY); }) == EACCES);
	BOOST_TEST(with_read([&] { return try_open((inside + "/../other/file").c_str(), O_RDONLY); }) == EACCES);
	fs::create_symlink(outside + "/file", inside + "/link");
	BOOST_TEST(with_read([&] { return try_open((inside + "/link").c_str(), O_RDONLY); }) == EACCES);
}

BOOST_FIXTURE_TEST_CASE(a_tree_to_write, Tree) {
	BOOST_TEST(with_write([&] {
		           dir.write(inside + "/new", "more");
		           fs::create_directories(inside + "/a/b/c");
		           fs::rename(inside + "/new", inside + "/a/b/c/renamed");
		           fs::copy_file(inside + "/file", inside + "/copy");
		           fs::resize_file(inside + "/copy", 2);
		           fs::create_symlink("copy", inside + "/link");
		           fs::remove(inside + "/file");
		           fs::remove_all(inside + "/deep");
		           return 0;
	           }) == 0);
	BOOST_TEST(read_file(inside + "/a/b/c/renamed") == "more");
	BOOST_TEST(read_file(inside + "/link") == "te");
	BOOST_TEST(!fs::exists(inside + "/deep"));
	BOOST_TEST(with_write([&] { return try_open((outside + "/file").c_str(), O_RDONLY); }) == EACCES);
	BOOST_TEST(with_write([&] { return try_open((outside + "/new").c_str(), O_WRONLY | O_CREAT); }) == EACCES);
	BOOST_TEST(with_write([&] { return errno_of(truncate((outside + "/file").c_str(), 0)); }) == EACCES);
	BOOST_TEST(with_write([&] { return errno_of(unlink((outside + "/file").c_str())); }) == EACCES);
	BOOST_TEST(
	    with_write([&] { return errno_of(rename((inside + "/copy").c_str(), (outside + "/copy").c_str())); }) != 0);
	BOOST_TEST(
	    with_write([&] { return errno_of(link((outside + "/file").c_str(), (inside + "/stolen").c_str())); }) != 0);
	BOOST_TEST(read_file(outside + "/file") == "text");
}

BOOST_FIXTURE_TEST_CASE(a_single_file, Tree) {
	SandboxRules rules;
	rules.write_paths = {inside + "/file"};
	BOOST_TEST(in_sandbox(rules, [&] { return try_open((inside + "/file").c_str(), O_RDWR | O_TRUNC); }) == 0);
	BOOST_TEST(in_sandbox(rules, [&] { return try_open((inside + "/deep/file").c_str(), O_RDONLY); }) == EACCES);
}

BOOST_FIXTURE_TEST_CASE(a_grant_that_cannot_be_is_explained, Tree) {
	const auto refusal = [&](const std::string& path) {
		SandboxRules rules;
		rules.read_paths = {path};
		int ends[2];
		BOOST_REQUIRE(pipe(ends) == 0);
		in_child([&] {
			try {
				enter_sandbox(rules);
			} catch (const std::exception& error) {
				dprintf(ends[1], "%s", error.what());
			}
			return 0;
		});
		close(ends[1]);
		char text[512] = {};
		BOOST_REQUIRE(read(ends[0], text, sizeof text - 1) >= 0);
		close(ends[0]);
		return std::string(text);
	};
	BOOST_TEST(refusal(inside + "/missing") == "cannot grant " + inside + "/missing: No such file or directory");
	BOOST_TEST(refusal("relative") == "cannot grant \"relative\": it is not an absolute path");
	BOOST_TEST(refusal(inside).empty());
}

} // namespace
