// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The layout of every type of the ABI, as libabigail sees it, against the one that was written down: nothing but
// members at the end may have been added.
#include "test/abi/grown_headers.hpp"
#include "test/support/shell.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>
#include <sstream>

using namespace tmon::test;
namespace fs = std::filesystem;

namespace {

struct Layout {
	TempDir dir;
	Shell shell{dir.path(), dir / "prefix"};

	Layout() { copy_installed_tree(dir / "prefix"); }

	// abidw's description of all types, compiled against these headers.
	void describe(const fs::path& include, const std::string& name) const {
		shell.must("gcc -std=c11 -g -O0 -fPIC -shared -I" + include.string() + " " + TMON_TOP +
		           "/test/abi/every_type.c -o " + name +
		           ".so; "
		           "abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --load-all-types "
		           "--out-file " +
		           name + ".abi " + name + ".so");
	}
	// What abidiff finds that may not be; "" for nothing. A suppression file would not do: with one for members
	// inserted at the end, abidiff 2.2 passes over every other change of the same struct, too.
	std::string forbidden(const std::string& before, const std::string& after) const {
		const Finished finished = shell.run("abidiff " + before + " " + after);
		if (finished.status == 0)
			return "";
		if ((finished.status & 3) != 0) // bits: 1 error, 2 usage, 4 change, 8 incompatible change
			return "abidiff failed: " + finished.errors;
		static const std::regex struct_changed("underlying type 'struct (\\w+)' changed:");
		static const std::regex grown("type size changed from ([0-9]+) to ([0-9]+) \\(in bits\\)");
		static const std::regex inserted("'.* \\w+', at offset ([0-9]+) \\(in bits\\)");
		static const std::regex harmless(
		    "[0-9]+ data member insertions?:|no data member changes?( \\([0-9]+ filtered\\))?;?|"
		    "(Functions|Variables) changes summary:.*|1 function with some indirect sub-type change:|"
		    "\\[C\\] 'function void every_type\\(.*|parameter [0-9]+ of type '.*' has sub-type changes:|"
		    "in pointed to type '.*|in unqualified underlying type '.*");
		std::istringstream report(finished.output);
		std::string bad;
		unsigned long former_size = 0;
		for (std::string line; std::getline(report, line);) {
			line.erase(0, line.find_first_not_of(' '));
			std::smatch match;
			if (std::regex_search(line, match, struct_changed)) {
				if (std::find(std::begin(growing), std::end(growing), match.str(1)) ==
				    std::end(growing))
					bad += match.str(1) + " never grows\n";
			} else if (std::regex_search(line, match, grown)) {
				former_size = std::stoul(match.str(1));
			} else if (std::regex_match(line, match, inserted)) {
				if (std::stoul(match.str(1)) < former_size)
					bad += line + "\n";
			} else if (!line.empty() && !std::regex_match(line, harmless)) {
				bad += line + "\n";
			}
		}
		return bad;
	}
	// Headers with one edit.
	fs::path edited(const std::string& name, const std::string& from, const std::string& to) const {
		const fs::path include = dir / ("edited-" + name);
		fs::copy(dir / "prefix/include", include, fs::copy_options::recursive);
		const fs::path header = include / "traffic_monitor/plugin.h";
		std::string text = replaced(read_file(header), from, to);
		text = text.substr(0, text.find("/* --- Layout ---")) +
		       "#ifdef __cplusplus\n}\n#endif\n#endif\n"; // the asserts would tell, too
		if (name == "appended-and-type")
			text = replaced(text, "\n} tmon_batch;", "\n\tuint64_t added_later;\n} tmon_batch;");
		std::ofstream(header, std::ios::binary) << text;
		return include;
	}
};

const std::string kept = std::string(TMON_TOP) + "/test/abi/golden/1.0-rc/types.abi";

} // namespace

BOOST_FIXTURE_TEST_SUITE(abi_layout, Layout)

BOOST_AUTO_TEST_CASE(types_are_as_they_were) {
	describe(dir / "prefix/include", "now");
	BOOST_TEST(forbidden(kept, "now.abi") == "");
	for (const std::string name : growing)
		BOOST_TEST(read_file(kept).find("name='" + name + "'") != std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(members_may_be_added_at_the_end) {
	write_grown_headers(dir / "prefix/include", dir / "grown");
	describe(dir / "grown", "grown");
	BOOST_TEST(shell.run("abidiff " + kept + " grown.abi").status == 4); // it does see them
	BOOST_TEST(forbidden(kept, "grown.abi") == "");
}

BOOST_AUTO_TEST_CASE(every_other_change_is_found) {
	const std::tuple<std::string, std::string, std::string> edits[] = {
	    {"inserted", "\tuint32_t size;\n\tuint32_t state; ",
	     "\tuint32_t size;\n\tuint64_t inserted;\n\tuint32_t state; "},
	    {"type", "\tuint64_t lost_before; ", "\tdouble lost_before; "},
	    {"narrowed", "\tuint64_t ttl_ns; ", "\tuint32_t ttl_ns, more; "},
	    {"removed", "\tuint32_t (*stop_requested)(tmon_host_context *context);\n", ""},
	    {"swapped", "\tdouble confidence;       /* 0 to 1 */\n\tuint8_t source[16];\n",
	     "\tuint8_t source[16];\n\tdouble confidence;\n"},
	    {"argument", "int32_t (*flush)(void *self);", "int32_t (*flush)(void *self, uint32_t why);"},
	    {"appended-and-type", "\tuint64_t lost_before; ", "\tdouble lost_before; "},
	    {"never-grows", "\tdouble value;\n} tmon_measure;", "\tdouble value;\n\tdouble more;\n} tmon_measure;"},
	};
	for (const auto& [name, from, to] : edits) {
		BOOST_TEST_CONTEXT(name) {
			describe(edited(name, from, to), name);
			const std::string found = forbidden(kept, name + ".abi");
			BOOST_TEST(found != "");
			BOOST_TEST(found.find("abidiff failed") == std::string::npos, found);
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
