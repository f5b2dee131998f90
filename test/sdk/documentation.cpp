// SPDX-License-Identifier: MIT OR Apache-2.0
//
// docs/writing-plugins.md, done as a reader would do it: files are written where they stand, `sh` blocks are run one
// after the other in one shell, and a `text` block must be what the sh block before it printed. In a `text` block,
// "…" stands for anything.
#include "test/support/network_namespace.hpp"
#include "test/support/privileged.hpp"
#include "test/support/shell.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <regex>
#include <sstream>

using namespace tmon::test;
namespace fs = std::filesystem;

namespace {

struct Block {
	std::string language, text;
	std::map<std::string, std::string> attributes; // title=port_watch.cpp
	int line = 0;
};

std::vector<Block> blocks_of(const fs::path& path) {
	std::vector<Block> blocks;
	std::istringstream text(read_file(path));
	bool inside = false;
	int number = 0;
	for (std::string line; std::getline(text, line);) {
		++number;
		if (line.compare(0, 3, "```") != 0) {
			if (inside)
				blocks.back().text += line + "\n";
			continue;
		}
		inside = !inside;
		if (!inside)
			continue;
		blocks.push_back({});
		blocks.back().line = number;
		std::istringstream words(line.substr(3));
		words >> blocks.back().language;
		for (std::string word; words >> word;) {
			const std::size_t equals = word.find('=');
			BOOST_REQUIRE_MESSAGE(equals != std::string::npos,
			                      "line " << number << ": not NAME=VALUE: " << word);
			blocks.back().attributes[word.substr(0, equals)] = word.substr(equals + 1);
		}
	}
	BOOST_REQUIRE(!inside);
	return blocks;
}

bool like(const std::string& printed, const std::string& shown) {
	const std::string dots = "…";
	std::string pattern;
	for (std::size_t at = 0; at < shown.size();) {
		if (shown.compare(at, dots.size(), dots) == 0) {
			pattern += ".*";
			at += dots.size();
		} else {
			if (std::string("\\^$.|?*+()[]{}").find(shown[at]) != std::string::npos)
				pattern += '\\';
			pattern += shown[at++];
		}
	}
	return std::regex_match(printed, std::regex(pattern));
}

} // namespace

BOOST_AUTO_TEST_SUITE(documentation, *needs_root())

BOOST_AUTO_TEST_CASE(writing_plugins) {
	// Below the build directory: a plugin's file must not lie under a folder that everybody can write.
	::setenv("TMPDIR", TMON_TOP "/build", 1);
	const TempDir dir;
	fs::permissions(dir.path(), fs::perms(0755));
	const fs::path prefix = dir / "prefix", reader = dir / "reader";
	copy_installed_tree(prefix);
	fs::create_directory(reader);
	fs::create_directory(dir / "files");
	fs::create_directory(dir / "tools");
	dir.write("tools/sudo", "#!/bin/sh\nexec \"$@\"\n"); // it is root who reads
	fs::permissions(dir / "tools/sudo", fs::perms(0755));

	const std::vector<Block> blocks = blocks_of(fs::path(TMON_TOP) / "docs/writing-plugins.md");
	BOOST_TEST(blocks.size() > 20u);
	const std::string mark = "@@@ block ";
	std::string script = "export PATH=" + (dir / "tools").string() + ":$PATH PREFIX=" + prefix.string() + "\n";
	std::map<int, std::string> expected; // by line of the sh block
	int last_run = 0;
	for (const Block& block : blocks) {
		const std::string where = "line " + std::to_string(block.line);
		if (block.language == "sh") {
			last_run = block.line;
			script += "printf '%s%d\\n' '" + mark + "' " + std::to_string(block.line) + "\n" + block.text;
		} else if (block.language == "text") {
			BOOST_TEST(last_run != 0, where << " shows the output of nothing");
			expected[last_run] = block.text;
		} else {
			const auto title = block.attributes.find("title");
			BOOST_REQUIRE_MESSAGE(title != block.attributes.end(), where << ": a file without title");
			if (block.language == "json") {
				boost::system::error_code error;
				boost::json::parse(block.text, error);
				BOOST_TEST(!error, where << ": " << error.message());
			}
			const fs::path kept = dir.write("files/" + std::to_string(block.line), block.text);
			script += "cp " + kept.string() + " " + title->second + "\n";
		}
	}

	const NetworkNamespace network;
	network.ip({"link", "set", "lo", "up"});
	const Finished finished =
	    run({"bash", "-euo", "pipefail", dir.write("script", script)},
	        {.network_namespace = network.name(), .working_directory = reader}, std::chrono::seconds(200));
	BOOST_TEST(finished.status == 0, finished.output << finished.errors << read_file(reader / "log.txt"));

	std::map<int, std::string> printed;
	std::istringstream output(finished.output);
	int current = 0;
	for (std::string line; std::getline(output, line);) {
		if (line.compare(0, mark.size(), mark) == 0)
			current = std::stoi(line.substr(mark.size()));
		else
			printed[current] += line + "\n";
	}
	BOOST_TEST(expected.size() >= 4u);
	for (const auto& [line, text] : expected)
		BOOST_TEST(like(printed[line], text), "line " << line << " shows:\n"
		                                              << text << "printed:\n"
		                                              << printed[line]);
}

// The files of the page that the template has too are the same there, but for the line with the licence.
BOOST_AUTO_TEST_CASE(the_template_has_the_same_plugins) {
	int compared = 0;
	for (const Block& block : blocks_of(fs::path(TMON_TOP) / "docs/writing-plugins.md")) {
		const auto title = block.attributes.find("title");
		if (title == block.attributes.end() ||
		    (title->second != "counter.cpp" && title->second != "port_watch.cpp"))
			continue;
		const std::string file = read_file(fs::path(TMON_TOP) / "sdk/template" / title->second);
		BOOST_TEST(file.substr(file.find('\n') + 1) == block.text);
		++compared;
	}
	BOOST_TEST(compared == 2);
}

BOOST_AUTO_TEST_SUITE_END()
