// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Whose files are opened as plugins, and what is said of the others.
#include "host/plugin_file/trusted_file.hpp"
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

using namespace tmon;
using namespace tmon::test;

constexpr uid_t kNobody = 65534;

// A folder of its own with a file that can be trusted in it.
struct Files {
	TempDir dir;
	std::string file = dir.write("p.so", "content").string();

	Files() {
		chmod(file.c_str(), 0644);
		unsetenv("SUDO_UID");
	}
	~Files() { unsetenv("SUDO_UID"); }

	std::string path(const std::string& name) const { return (dir / name).string(); }
	std::string make_directory(const std::string& name, mode_t mode) const {
		mkdir(path(name).c_str(), 0755);
		chmod(path(name).c_str(), mode);
		return path(name);
	}
	std::string write_in(const std::string& directory) const {
		const std::string written = dir.write(std::filesystem::path(directory) / "p.so", "x").string();
		chmod(written.c_str(), 0644);
		return written;
	}
};

std::string refusal(const std::string& path) {
	const auto result = open_trusted(path);
	const auto* reason = std::get_if<std::string>(&result);
	return reason ? *reason : "taken";
}

BOOST_FIXTURE_TEST_SUITE(trusted_file, Files)

BOOST_AUTO_TEST_CASE(a_file_of_ours_is_opened) {
	auto result = open_trusted(file);
	BOOST_REQUIRE(std::holds_alternative<TrustedFile>(result));
	const TrustedFile& opened = std::get<TrustedFile>(result);
	BOOST_TEST(opened.path == file);
	BOOST_TEST(opened.status.st_size == 7);
	char content[8] = {};
	BOOST_TEST(read(opened.descriptor.get(), content, 7) == 7);
	BOOST_TEST(std::string(content) == "content");
	BOOST_TEST((fcntl(opened.descriptor.get(), F_GETFD) & FD_CLOEXEC));
}

BOOST_AUTO_TEST_CASE(paths_may_be_relative_and_lead_over_links) {
	const std::filesystem::path before = std::filesystem::current_path();
	std::filesystem::current_path(dir.path());
	std::filesystem::create_directory("inner");
	BOOST_TEST(refusal("p.so") == "taken");
	BOOST_TEST(refusal("./p.so") == "taken");
	BOOST_TEST(refusal("inner/../p.so") == "taken");
	std::filesystem::current_path(before);
	std::filesystem::create_directory_symlink(dir.path(), path("round"));
	BOOST_TEST(refusal(path("round") + "/p.so") == "taken");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_regular_file_is_refused) {
	BOOST_TEST(refusal(path("none.so")) ==
	           "cannot open the plugin " + path("none.so") + ": No such file or directory");
	BOOST_TEST(refusal(path("none/p.so")) ==
	           "cannot open the plugin " + path("none/p.so") + ": No such file or directory");
	BOOST_TEST(refusal(file + "/p.so") == "cannot open the directory " + file + ": Not a directory");
	BOOST_TEST(refusal(dir.path()) == "the plugin " + dir.path().string() + " is not a regular file");
	for (const char* end : {"/", "/.", "/.."})
		BOOST_TEST(refusal(dir.path().string() + end) ==
		           "the plugin " + dir.path().string() + end + " is not a regular file");
	BOOST_REQUIRE(mkfifo(path("fifo.so").c_str(), 0600) == 0);
	BOOST_TEST(refusal(path("fifo.so")) == "the plugin " + path("fifo.so") + " is not a regular file");
	BOOST_TEST(refusal("/dev/null") == "the plugin /dev/null is not a regular file");
	std::filesystem::create_symlink("p.so", path("link.so"));
	BOOST_TEST(refusal(path("link.so")) ==
	           "the plugin " + path("link.so") + " is a symbolic link to p.so: give the path of the file itself");
	std::filesystem::create_symlink("nowhere", path("dangling.so"));
	BOOST_TEST(refusal(path("dangling.so")) ==
	           "the plugin " + path("dangling.so") +
	               " is a symbolic link to nowhere: give the path of the file itself");
}

BOOST_AUTO_TEST_CASE(what_others_can_write_is_refused) {
	chmod(file.c_str(), 0646);
	BOOST_TEST(refusal(file) ==
	           "the plugin " + file + " can be written by everybody (mode 0646): chmod go-w " + file);
	chmod(file.c_str(), 0664);
	BOOST_TEST(refusal(file) ==
	           "the plugin " + file + " can be written by its group (mode 0664): chmod go-w " + file);
	chmod(file.c_str(), 0644);
	for (const auto& [mode, who] : {std::pair<mode_t, std::string>(0777, "everybody"), {0775, "its group"}}) {
		const std::string directory = make_directory("open", mode);
		const std::string inside = write_in("open");
		BOOST_TEST(refusal(inside) == "the directory " + directory + " can be written by " + who + " (mode 0" +
		                                  (mode == 0777 ? "777" : "775") + "): chmod go-w " + directory);
		// Not only the directory that the file is in.
		std::filesystem::create_directory(directory + "/inner");
		chmod((directory + "/inner").c_str(), 0755);
		BOOST_TEST(
		    refusal(write_in("open/inner")).starts_with("the directory " + directory + " can be written by "));
		std::filesystem::remove_all(directory);
	}
	make_directory("sticky", 01777);
	BOOST_TEST(refusal(write_in("sticky")) == "taken");
	// The way that a link leads is judged, not the link's own name.
	make_directory("wide", 0777);
	write_in("wide");
	std::filesystem::create_directory_symlink(path("wide"), path("narrow"));
	BOOST_TEST(refusal(path("narrow/p.so")).starts_with("the directory " + path("wide") + " can be written by"));
}

BOOST_AUTO_TEST_CASE(what_belongs_to_others_is_refused, *needs_root()) {
	const std::string whose = "nobody (uid 65534), who could change the plugin: it must belong to ";
	BOOST_REQUIRE(chown(file.c_str(), kNobody, 0) == 0);
	BOOST_TEST(refusal(file) == "the plugin " + file + " belongs to " + whose + "root (chown root " + file + ")");
	// A sticky directory protects what is in it, but not from its owner.
	const std::string directory = make_directory("sticky", 01777);
	const std::string inside = write_in("sticky");
	BOOST_REQUIRE(chown(directory.c_str(), kNobody, 0) == 0);
	BOOST_TEST(refusal(inside) ==
	           "the directory " + directory + " belongs to " + whose + "root (chown root " + directory + ")");
}

BOOST_AUTO_TEST_CASE(under_sudo_the_caller_is_trusted, *needs_root()) {
	BOOST_REQUIRE(chown(file.c_str(), kNobody, 0) == 0);
	BOOST_REQUIRE(chown(dir.path().c_str(), kNobody, 0) == 0);
	setenv("SUDO_UID", "65534", 1);
	BOOST_TEST(refusal(file) == "taken");
	for (const char* text : {"", "65534 ", " 65534", "+65534", "-1", "0x0fffe", "65534a", "4295032830"}) {
		setenv("SUDO_UID", text, 1);
		BOOST_TEST(refusal(file).find(" belongs to nobody") != std::string::npos, "with \"" << text << '"');
	}
	setenv("SUDO_UID", "1234567", 1);
	BOOST_TEST(
	    refusal(file).ends_with("must belong to root or uid 1234567 (chown root " + dir.path().string() + ")"));
}

// Another user's file is trusted by that user, and SUDO_UID means nothing to him.
BOOST_AUTO_TEST_CASE(an_unprivileged_user_trusts_root_and_himself, *needs_root()) {
	constexpr uid_t other = 1234567;
	chmod(dir.path().c_str(), 0755);
	setenv("SUDO_UID", "65534", 1);
	const std::string own = path("own.so"), foreign = path("foreign.so");
	std::filesystem::copy_file(file, own);
	std::filesystem::copy_file(file, foreign);
	BOOST_REQUIRE((chown(own.c_str(), other, 0) == 0 && chown(foreign.c_str(), kNobody, 0) == 0));
	const pid_t child = fork();
	if (child == 0) {
		if (setresuid(other, other, other) != 0)
			_exit(1);
		if (refusal(file) != "taken" || refusal(own) != "taken")
			_exit(2);
		_exit(refusal(foreign).find("must belong to root or uid 1234567") == std::string::npos ? 3 : 0);
	}
	int status = 0;
	BOOST_REQUIRE(waitpid(child, &status, 0) == child);
	BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
