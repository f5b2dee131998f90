// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which files a plugin may have opened, and how they are opened.
#include "host/supervise/grants.hpp"
#include "test/support/temp_dir.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ostream>

namespace {

using namespace tmon;
using tmon::test::TempDir;
namespace data = boost::unit_test::data;

struct GrantCase {
	const char* config;
	bool granted; // the path "p"
};
std::ostream& operator<<(std::ostream& out, const GrantCase& c) { return out << c.config; }

const GrantCase grant_cases[] = {
    {R"({"file": "p"})", true},
    {R"({"log_file": "p"})", true},
    {R"({"_file": "p"})", true},
    {R"({"output": {"file": "p"}})", true},
    {R"({"outputs": [1, {"deep": [{"x_file": "p"}]}]})", true},
    {R"({"file": "other", "b": {"file": "p"}})", true},
    {R"({"file": {"file": "p"}})", true},
    {R"({"path": "p"})", false},
    {R"({"files": "p"})", false},
    {R"({"FILE": "p"})", false},
    {R"({"profile": "p"})", false},
    {R"({"file": ["p"]})", false},
    {R"({"file": 7})", false},
    {R"({"file": "./p"})", false}, // the very same text is asked for
    {R"({"p": "file"})", false},
    {"{}", false},
    {R"({"file": "p")", false}, // no JSON
    {"", false},
};

BOOST_DATA_TEST_CASE(a_path_is_granted_by_the_configuration, data::make(grant_cases), c) {
	const PathGrants grants(c.config);
	BOOST_TEST(grants.allows("p") == c.granted);
	BOOST_TEST(!grants.allows(""));
	BOOST_TEST(!grants.allows("/etc/shadow"));
}

struct Files {
	TempDir dir;
	std::string path(const std::string& name) const { return (dir / name).string(); }
	Opened open(const std::string& name, uint32_t mode) const {
		return PathGrants(R"({"file": ")" + path(name) + "\"}").open(path(name), mode);
	}
};

BOOST_FIXTURE_TEST_CASE(what_is_not_granted_is_denied_and_not_created, Files) {
	const Opened opened = PathGrants("{}").open(path("new"), TMON_OPEN_APPEND);
	BOOST_TEST(opened.status == TMON_E_DENIED);
	BOOST_TEST(!opened.descriptor);
	BOOST_TEST(opened.reason == "cannot open " + path("new") + ": the plugin's configuration does not name this file");
	BOOST_TEST(!std::filesystem::exists(path("new")));
}

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

BOOST_AUTO_TEST_CASE(standard_output_is_for_everybody_to_write) {
	const PathGrants grants("{}");
	const Opened output = grants.open("-", TMON_OPEN_APPEND);
	BOOST_REQUIRE(output.status == TMON_OK);
	BOOST_TEST(output.descriptor.get() != STDOUT_FILENO);
	struct stat ours, theirs;
	BOOST_REQUIRE((fstat(STDOUT_FILENO, &ours) == 0 && fstat(output.descriptor.get(), &theirs) == 0));
	BOOST_TEST((ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev));
	BOOST_TEST(grants.open("-", TMON_OPEN_READ).status == TMON_E_DENIED);
	BOOST_TEST(grants.open("-", TMON_OPEN_READWRITE).status == TMON_E_DENIED);
}

} // namespace
