// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How files are opened for plugins.
#include "host/spawner/open_file.hpp"
#include "test/support/temp_dir.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace tmon;
using tmon::test::TempDir;

struct Files {
	TempDir dir;
	std::string path(const std::string& name) const { return (dir / name).string(); }
	Opened open(const std::string& name, uint32_t mode) const {
		return open_file(path(name), mode);
	}
};

BOOST_FIXTURE_TEST_CASE(append_creates_with_0640_and_appends, Files) {
	const mode_t old = umask(0);
	for (const char* text : {"one", "two"}) {
		const Opened opened = open("log", TMON_OPEN_APPEND);
		BOOST_REQUIRE(opened.status == TMON_OK);
		BOOST_TEST((fcntl(opened.descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
		const int flags = fcntl(opened.descriptor.get(), F_GETFL);
		BOOST_TEST((flags & O_ACCMODE) == O_WRONLY);
		BOOST_TEST((flags & O_APPEND) != 0);
		BOOST_TEST((flags & O_NONBLOCK) == 0);
		BOOST_TEST(write(opened.descriptor.get(), text, 3) == 3);
	}
	umask(old);
	BOOST_TEST(test::read_file(path("log")) == "onetwo");
	struct stat status;
	BOOST_REQUIRE(stat(path("log").c_str(), &status) == 0);
	BOOST_TEST((status.st_mode & 0777) == 0640u);
}

BOOST_FIXTURE_TEST_CASE(modes, Files) {
	dir.write("there", "text");
	const Opened read_only = open("there", TMON_OPEN_READ);
	BOOST_REQUIRE(read_only.status == TMON_OK);
	BOOST_TEST((fcntl(read_only.descriptor.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
	const Opened both = open("state", TMON_OPEN_READWRITE);
	BOOST_REQUIRE(both.status == TMON_OK);
	BOOST_TEST((fcntl(both.descriptor.get(), F_GETFL) & (O_ACCMODE | O_APPEND)) == O_RDWR);
	BOOST_TEST(open("missing", TMON_OPEN_READ).status == TMON_E_IO);
	BOOST_TEST(!std::filesystem::exists(path("missing")));
	BOOST_TEST(open("there", 3).status == TMON_E_UNSUPPORTED);
	BOOST_TEST(open("there", UINT32_MAX).status == TMON_E_UNSUPPORTED);
}

BOOST_FIXTURE_TEST_CASE(what_the_system_refuses_is_explained, Files) {
	BOOST_TEST(open("no/such/dir", TMON_OPEN_APPEND).reason ==
	           "cannot open " + path("no/such/dir") + ": No such file or directory");
	std::filesystem::create_directory(path("dir"));
	for (const uint32_t mode : {TMON_OPEN_READ, TMON_OPEN_APPEND, TMON_OPEN_READWRITE}) {
		const Opened opened = open("dir", mode);
		BOOST_TEST(opened.status == TMON_E_IO);
		BOOST_TEST(!opened.descriptor);
		BOOST_TEST(opened.reason.find("directory") != std::string::npos);
	}
	BOOST_REQUIRE(mkfifo(path("fifo").c_str(), 0600) == 0);
	const Opened nobody = open("fifo", TMON_OPEN_APPEND); // and it returns
	BOOST_TEST(nobody.status == TMON_E_IO);
	BOOST_TEST(nobody.reason == "cannot open " + path("fifo") + ": it is a FIFO that nobody reads");
	const Fd reader(::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	BOOST_TEST(open("fifo", TMON_OPEN_APPEND).status == TMON_OK);
}

} // namespace
