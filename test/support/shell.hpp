// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace tmon::test {

// Runs bash commands in a directory, with the SDK of the installed tree `prefix` in reach and nothing of the
// source tree.
class Shell {
public:
	Shell(std::filesystem::path directory, const std::filesystem::path& prefix)
	    : directory_(std::move(directory)), environment_{"PKG_CONFIG_PATH=" + (prefix / "lib/pkgconfig").string(),
	                                                     "PATH=" + (prefix / "bin").string() + ":" +
	                                                         std::getenv("PATH"),
	                                                     "PREFIX=" + prefix.string(), "LC_ALL=C.UTF-8"} {}

	Finished run(const std::string& commands) const {
		return test::run({"bash", "-euo", "pipefail", "-c", commands},
		                 {.environment = environment_, .working_directory = directory_},
		                 std::chrono::seconds(120));
	}

	// What they print; an error of the test when they fail.
	std::string must(const std::string& commands) const {
		const Finished finished = run(commands);
		BOOST_TEST(finished.status == 0, commands << "\nended with " << finished.status << ":\n"
		                                          << finished.output << finished.errors);
		return finished.output;
	}

private:
	std::filesystem::path directory_;
	std::vector<std::string> environment_;
};

// The tree laid out like an installed one, copied to `target`: what works there needs nothing of the source tree.
inline void copy_installed_tree(const std::filesystem::path& target) {
	const char* dist = std::getenv("TMON_DIST");
	if (dist == nullptr)
		throw std::runtime_error("TMON_DIST names no distribution tree");
	std::filesystem::copy(dist, target, std::filesystem::copy_options::recursive);
}

} // namespace tmon::test
