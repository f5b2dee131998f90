// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Where the control socket is put, and what may lie in its way.
#include "host/control/socket_file.hpp"

#include "host/control/socket_path.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace {

using namespace tmon;
using tmon::test::TempDir;

mode_t mode_of(const std::filesystem::path& path) {
	struct stat status;
	return lstat(path.c_str(), &status) == 0 ? status.st_mode : 0;
}

std::size_t files_in(const std::filesystem::path& folder) {
	return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// Why it cannot be made; empty when it can.
std::string refusal(const std::string& path) {
	try {
		const SocketFile file(path);
		return {};
	} catch (const std::runtime_error& error) {
		return error.what();
	}
}

BOOST_AUTO_TEST_CASE(it_is_there_for_owner_and_group_and_goes_with_its_owner) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	const mode_t before = umask(0);
	{
		const SocketFile file(path);
		BOOST_TEST(mode_of(path) == (S_IFSOCK | 0660));
		BOOST_TEST(files_in(directory.path()) == 1u);
		BOOST_TEST(bool(connect_to_socket(path)));
	}
	umask(0777);
	{
		const SocketFile file(path);
		BOOST_TEST(mode_of(path) == (S_IFSOCK | 0660));
	}
	umask(before);
	BOOST_TEST(files_in(directory.path()) == 0u);
}

BOOST_AUTO_TEST_CASE(the_folder_is_made_where_only_it_is_missing) {
	const TempDir directory;
	const mode_t before = umask(077);
	{
		const SocketFile file(directory / "run/control.sock");
		BOOST_TEST(mode_of(directory / "run") == (S_IFDIR | 0755));
	}
	umask(before);
	BOOST_TEST(refusal(directory / "a/b/control.sock").find("cannot make the folder") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_may_be_longer_than_an_address) {
	const TempDir directory;
	const std::string path = directory / std::string(200, 'd') / std::string(200, 's');
	const SocketFile file(path);
	BOOST_TEST(bool(connect_to_socket(path)));
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_run_that_has_died_is_replaced) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	std::optional<SocketFile> dead(path);
	dead->take_socket().reset();
	BOOST_TEST(!connect_to_socket(path));
	const SocketFile file(path);
	BOOST_TEST(bool(connect_to_socket(path)));
	// The end of the dead one does not take away what is not its own.
	dead.reset();
	BOOST_TEST(bool(connect_to_socket(path)));
	BOOST_TEST(files_in(directory.path()) == 1u);
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_run_that_lives_is_not) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	{
		const SocketFile file(path);
		BOOST_TEST(refusal(path) == "control socket " + path +
		                                ": another run listens there: end it, or choose another path with control.socket");
		// Not when it is too busy to accept, either.
		std::vector<Fd> waiting;
		while (Fd one = connect_to_socket(path))
			waiting.push_back(std::move(one));
		BOOST_TEST(errno == EAGAIN);
		BOOST_TEST(refusal(path).find("another run listens there") != std::string::npos);
		BOOST_TEST(mode_of(path) == (S_IFSOCK | 0660));
	}
	BOOST_TEST(refusal(path) == "");
	BOOST_TEST(files_in(directory.path()) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_socket_is_left_alone) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	const std::string victim = directory.write("victim", "precious");
	std::filesystem::create_symlink(victim, path);
	BOOST_TEST(refusal(path).find("a symbolic link is there, and is not followed") != std::string::npos);
	BOOST_TEST(tmon::test::read_file(victim) == "precious");
	BOOST_TEST(mode_of(path) == (S_IFLNK | 0777));
	std::filesystem::remove(path);

	// A link to where there is nothing: following it would make a socket there.
	std::filesystem::create_symlink(directory / "elsewhere", path);
	BOOST_TEST(refusal(path).find("a symbolic link is there") != std::string::npos);
	BOOST_TEST(!std::filesystem::exists(directory / "elsewhere"));
	std::filesystem::remove(path);

	directory.write("control.sock", "a file");
	BOOST_TEST(refusal(path).find("something else than a socket is there") != std::string::npos);
	BOOST_TEST(tmon::test::read_file(path) == "a file");
	std::filesystem::remove(path);

	std::filesystem::create_directory(path);
	BOOST_TEST(refusal(path).find("something else than a socket is there") != std::string::npos);
	BOOST_TEST(files_in(directory.path()) == 2u);
}

BOOST_AUTO_TEST_CASE(a_folder_in_which_others_could_replace_it_is_refused) {
	const TempDir directory;
	const std::filesystem::path folder = directory / "open";
	std::filesystem::create_directory(folder);
	chmod(folder.c_str(), 0777);
	BOOST_TEST(refusal(folder / "control.sock").find("others may write to the folder") != std::string::npos);
	chmod(folder.c_str(), 01777);
	BOOST_TEST(refusal(folder / "control.sock") == "");
	if (geteuid() == 0) {
		chmod(folder.c_str(), 0755);
		BOOST_REQUIRE(chown(folder.c_str(), 4711, 0) == 0);
		BOOST_TEST(refusal(folder / "control.sock").find("belongs to user 4711") != std::string::npos);
	}
	for (const char* path : {"", ".", "/", "/tmp/", "/tmp/.."})
		BOOST_TEST(refusal(path).find("this is not the path of a file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_many_that_start_at_once_one_has_it) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	for (int round = 0; round < 50; ++round) {
		std::optional<SocketFile> stale;
		if (round % 2 == 1) {
			stale.emplace(path);
			stale->take_socket().reset();
		}
		std::atomic<int> made{0}, ready{0};
		std::vector<std::optional<SocketFile>> files(4);
		std::vector<std::thread> threads;
		for (auto& file : files) {
			threads.emplace_back([&] {
				++ready;
				while (ready < 4)
					;
				try {
					file.emplace(path);
					++made;
				} catch (const std::runtime_error&) {
				}
			});
		}
		for (std::thread& thread : threads)
			thread.join();
		BOOST_TEST(made == 1);
		BOOST_TEST(bool(connect_to_socket(path)));
		files.clear();
		stale.reset();
		BOOST_TEST(files_in(directory.path()) == 0u);
	}
}

BOOST_AUTO_TEST_CASE(the_default_is_in_the_folder_of_the_user_or_the_service) {
	setenv("RUNTIME_DIRECTORY", "/run/a:/run/b", 1);
	BOOST_TEST(default_control_socket() == "/run/a/control.sock");
	setenv("RUNTIME_DIRECTORY", "relative", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	const bool root = geteuid() == 0;
	BOOST_TEST(default_control_socket() ==
	           (root ? "/run/traffic-monitor/control.sock" : "/run/user/7/traffic-monitor/control.sock"));
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
	BOOST_TEST(default_control_socket() == (root ? "/run/traffic-monitor/control.sock" : ""));
}

} // namespace
