// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The template builds in each way that it promises, with nothing but an installed SDK.
#include "test/support/shell.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <sstream>

using namespace tmon::test;
namespace fs = std::filesystem;

namespace {

struct Template {
	TempDir dir;
	Shell shell{dir / "mine", dir / "prefix"};

	Template() {
		copy_installed_tree(dir / "prefix");
		fs::copy(dir / "prefix/share/traffic-monitor/template", dir / "mine", fs::copy_options::recursive);
	}
};

// Lines of code: without comments, empty ones and #include.
int lines_of_code(const fs::path& path) {
	std::istringstream text(read_file(path));
	int count = 0;
	for (std::string line; std::getline(text, line);) {
		const std::size_t start = line.find_first_not_of(" \t");
		count += start != std::string::npos && line.compare(start, 2, "//") != 0 &&
		         line.compare(start, 8, "#include") != 0;
	}
	return count;
}

const std::string passed = "port-watch: all as it should be\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(sdk_template, Template)

BOOST_AUTO_TEST_CASE(a_plugin_is_short) {
	const int least = lines_of_code(dir / "mine/counter.cpp"),
	          detector = lines_of_code(dir / "mine/port_watch.cpp");
	BOOST_TEST((least > 3 && least <= 8), least);
	BOOST_TEST((detector > 8 && detector <= 15), detector);
}

BOOST_AUTO_TEST_CASE(builds_with_a_compiler_and_pkg_config) {
	for (const char* compilers : {"CXX=g++ CC=gcc", "CXX=clang++ CC=clang"})
		BOOST_TEST(shell.must(compilers +
		                      std::string(" CXXFLAGS='-O1 -Wall -Wextra -Wpedantic -Werror' CFLAGS='-O1 -Wall "
		                                  "-Wextra -Wpedantic -Werror' ./build.sh; ./port_watch_test "
		                                  "./port-watch.so; rm *.so")) == passed);
}

BOOST_AUTO_TEST_CASE(builds_with_b2) {
	const std::string output = shell.must("b2 -j2; ls build/*.so");
	BOOST_TEST(output.find("**passed**") != std::string::npos);
	BOOST_TEST(output.find("build/counter.so\nbuild/large-packets.so\nbuild/port-watch.so\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(builds_with_cmake) {
	const std::string output = shell.must("cmake -S . -B out >/dev/null; cmake --build out -j2 >/dev/null; "
	                                      "ctest --test-dir out; ls out/*.so");
	BOOST_TEST(output.find("100% tests passed, 0 tests failed out of 1") != std::string::npos);
	BOOST_TEST(output.find("out/counter.so\nout/large-packets.so\nout/port-watch.so\n") != std::string::npos);
}

// Otherwise the test proves nothing.
BOOST_AUTO_TEST_CASE(its_test_fails_with_a_broken_plugin) {
	const Finished finished =
	    shell.run("sed -i 's/insert(event.dst_port)/insert(event.src_port)/' port_watch.cpp; ./build.sh; "
	              "! ./port_watch_test ./port-watch.so");
	BOOST_TEST(finished.status == 0);
	BOOST_TEST(finished.errors.find("not so: host.alerts.empty()") != std::string::npos, finished.errors);
}

BOOST_AUTO_TEST_CASE(pkg_config_tells_what_it_promises) {
	BOOST_TEST(shell.must("pkg-config --modversion traffic-monitor-plugin") == "1.0\n");
	BOOST_TEST(shell.must("diff -r $(pkg-config --variable=templatedir traffic-monitor-plugin) .") == "");
	BOOST_TEST(shell.must("ls $(pkg-config --variable=plugindir traffic-monitor-plugin)").find("console.so") !=
	           std::string::npos);
	BOOST_TEST(shell.must("pkg-config --variable=gcc_cflags traffic-monitor-plugin") == "-fno-gnu-unique\n");
}

BOOST_AUTO_TEST_SUITE_END()
