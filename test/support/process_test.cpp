// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <system_error>

using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

bool exists(pid_t pid) { return kill(pid, 0) == 0 || errno != ESRCH; }

pid_t to_pid(const std::string& text) { return static_cast<pid_t>(std::stol(text)); }

} // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(output_and_status_are_kept_apart) {
	const Finished finished = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
	BOOST_TEST(finished.status == 3);
	BOOST_TEST(finished.output == "out\n");
	BOOST_TEST(finished.errors == "err\n");
}

BOOST_AUTO_TEST_CASE(reads_nothing_and_sees_its_environment) {
	const Finished finished =
	    run({"sh", "-c", "cat; echo $TMON_A; pwd"}, {.environment = {"TMON_A=b c"}, .working_directory = "/"});
	BOOST_TEST(finished.output == "b c\n/\n");
}

BOOST_AUTO_TEST_CASE(a_signal_shows_as_a_negative_status) {
	Process process({"sleep", "60"});
	BOOST_TEST(process.running());
	process.signal(SIGTERM);
	const auto status = process.wait(5s);
	BOOST_REQUIRE(status.has_value());
	BOOST_TEST(*status == -SIGTERM);
	BOOST_TEST(!process.running());
	process.signal(SIGTERM); // harmless
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_its_limit) {
	Process process({"sleep", "60"});
	const auto start = std::chrono::steady_clock::now();
	BOOST_TEST(!process.wait(30ms).has_value());
	BOOST_TEST((std::chrono::steady_clock::now() - start >= 30ms));
	BOOST_CHECK_THROW(run({"sleep", "60"}, {}, 10ms), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_an_error) {
	BOOST_CHECK_EXCEPTION(Process({"/nonexistent"}), std::system_error,
			      [](const std::system_error& error) { return error.code().value() == ENOENT; });
	BOOST_CHECK_THROW(Process({"true"}, {.working_directory = "/nonexistent"}), std::system_error);
}

BOOST_AUTO_TEST_CASE(goes_with_all_its_children) {
	pid_t first = 0, child = 0;
	{
		Process process({"sh", "-c", "sleep 60 & echo $!; wait"});
		BOOST_REQUIRE(eventually([&] { return process.output().ends_with('\n'); }));
		first = process.pid();
		child = to_pid(process.output());
		BOOST_TEST(exists(child));
	}
	BOOST_TEST(!exists(first));
	// Its child is waited for by init, some time.
	BOOST_TEST(eventually(
	    [&] { return !exists(child) || read_file("/proc/" + std::to_string(child) + "/cmdline").empty(); }));
}

BOOST_AUTO_TEST_CASE(what_it_wrote_can_be_watched) {
	Process process({"sh", "-c", "echo ready; sleep 60"});
	BOOST_TEST(eventually([&] { return process.output() == "ready\n"; }));
	BOOST_TEST(process.running());
}

BOOST_AUTO_TEST_CASE(a_condition_that_never_comes_true) {
	const auto start = std::chrono::steady_clock::now();
	BOOST_TEST(!eventually([] { return false; }, 20ms));
	BOOST_TEST((std::chrono::steady_clock::now() - start >= 20ms));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(temp_dir)

BOOST_AUTO_TEST_CASE(is_gone_with_its_content) {
	std::filesystem::path path;
	{
		const TempDir dir;
		path = dir.path();
		std::filesystem::create_directory(dir / "sub");
		BOOST_TEST(read_file(dir.write("sub/file", "text")) == "text");
		const TempDir other;
		BOOST_TEST(other.path() != path);
		BOOST_CHECK_THROW(dir.write("nodir/file", "text"), std::runtime_error);
	}
	BOOST_TEST(!std::filesystem::exists(path));
	BOOST_TEST(read_file(path / "file").empty());
}

BOOST_AUTO_TEST_SUITE_END()
