// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins and hosts of different ABI minors work together: golden binaries and newly built ones, against headers
// as they are and against headers in which every struct has grown. Each pair goes through the same
// transcript, which must be word for word the same.
#include "test/abi/grown_headers.hpp"
#include "test/support/shell.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tmon::test;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(TMON_TOP) / "test/abi/golden/1.0-rc";

struct Headers {
	TempDir dir;
	Shell shell{dir.path(), dir / "prefix"};
	std::map<std::string, std::string> include; // by name

	Headers() {
		copy_installed_tree(dir / "prefix");
		write_grown_headers(dir / "prefix/include", dir / "grown");
		include = {{"current", dir / "prefix/include"}, {"grown", dir / "grown"}};
	}

	// The host of testing.hpp, built against some headers.
	std::string host(const std::string& headers, const std::string& compiler, const std::string& standard) const {
		const std::string name = "host-" + headers + "-" + compiler;
		shell.must(compiler + " -std=" + standard + " -I" + include.at(headers) + " " + TMON_TOP +
		           "/test/abi/transcript.cpp -o " + name + " -pthread -ldl");
		return dir / name;
	}
	std::string plugin(const std::string& headers, const std::string& compiler, const std::string& standard) const {
		const std::string name = headers + "-" + compiler + "-" + standard + ".so";
		const bool cpp = compiler.find("++") != std::string::npos;
		shell.must(compiler + " -std=" + standard + " -I" + include.at(headers) +
		           " -fPIC -fvisibility=hidden -shared " +
		           (golden / (cpp ? "powers.cpp" : "powers.c")).string() + " -o " + name);
		return dir / name;
	}
};

std::vector<std::string> golden_plugins() {
	std::vector<std::string> result;
	for (const auto& file : fs::directory_iterator(golden))
		if (file.path().extension() == ".so")
			result.push_back(file.path());
	return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(abi_compatibility)

BOOST_AUTO_TEST_CASE(golden_files_are_what_they_were) {
	BOOST_TEST(golden_plugins().size() == 4u);
	const Finished finished =
	    run({"sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"}, {.working_directory = golden});
	BOOST_TEST(finished.status == 0, finished.output + finished.errors);
	const std::string sums = read_file(golden / "SHA256SUMS");
	for (const std::string& plugin : golden_plugins())
		BOOST_TEST(sums.find("  " + fs::path(plugin).filename().string() + "\n") != std::string::npos, plugin);
}

BOOST_FIXTURE_TEST_CASE(every_plugin_does_the_same_under_every_host, Headers) {
	const std::string expected = read_file(golden / "transcript.txt");
	BOOST_REQUIRE(expected.find("restore 0") != std::string::npos);
	std::vector<std::string> hosts, plugins = golden_plugins();
	for (const char* headers : {"current", "grown"}) {
		hosts.push_back(host(headers, "g++", "c++17"));
		hosts.push_back(host(headers, "clang++", "c++20"));
		plugins.push_back(plugin(headers, "gcc", "c11"));
		plugins.push_back(plugin(headers, "clang", "c17"));
		plugins.push_back(plugin(headers, "g++", "c++20"));
		plugins.push_back(plugin(headers, "clang++", "c++17"));
	}
	for (const std::string& host : hosts)
		for (const std::string& plugin : plugins)
			BOOST_TEST(shell.must(host + " " + plugin) == expected, host << " with " << plugin);
}

// What is grown is really grown, or the matrix above proves nothing.
BOOST_FIXTURE_TEST_CASE(the_grown_headers_differ, Headers) {
	std::string text = "#include <traffic_monitor/plugin.h>\n#include <stdio.h>\nint main(void) {\n";
	for (const char* name : growing)
		text += "printf(\"%zu \", sizeof(" + std::string(name) + "));\n";
	dir.write("sizes.c", text + "}\n");
	std::map<std::string, std::vector<std::size_t>> sizes;
	for (const auto& [name, path] : include) {
		std::istringstream out(shell.must("gcc -std=c11 -I" + path + " sizes.c -o sizes; ./sizes"));
		for (std::size_t size; out >> size;)
			sizes[name].push_back(size);
	}
	BOOST_REQUIRE(sizes["current"].size() == std::size(growing));
	BOOST_REQUIRE(sizes["grown"].size() == std::size(growing));
	for (std::size_t i = 0; i < std::size(growing); ++i)
		BOOST_TEST(sizes["grown"][i] == sizes["current"][i] + 8, growing[i]);
}

// A plugin may insist on a later minor; that is its author's word, not the headers'.
BOOST_FIXTURE_TEST_CASE(a_plugin_that_requires_more_is_refused, Headers) {
	shell.must("gcc -std=c11 -DTMON_ABI_MINOR_REQUIRED=1 -I" + include["grown"] + " -fPIC -shared " +
	           (golden / "powers.c").string() + " -o newer.so");
	const Finished refused = shell.run(host("current", "g++", "c++17") + " ./newer.so");
	BOOST_TEST(refused.status != 0);
	BOOST_TEST(refused.errors.find("needs plugin ABI 1.1") != std::string::npos, refused.errors);
	shell.must(host("grown", "g++", "c++17") + " ./newer.so");
}

BOOST_AUTO_TEST_SUITE_END()
