// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins found by id and by path, and what is said where there is none.
#include "host/plugin_file/plugin_file.hpp"
#include "host/plugin_file/sealed_copy.hpp"
#include "test/unit/host/plugin_file/plugin_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

namespace {

using namespace tmon;
using namespace tmon::test;

struct Tree {
	TempDir dir;
	const InstalledTree tree{dir.path(), "/no/runner"};

	std::string path(const std::string& name) const { return (dir / name).string(); }
	std::string install(const std::string& name, const std::string& bytes) const {
		const std::string file = dir.write(name, bytes).string();
		chmod(file.c_str(), 0644);
		return file;
	}
	std::shared_ptr<const PluginFile> found(const std::string& plugin, const std::string& sha256 = "") const {
		auto result = find_plugin(plugin, tree, sha256);
		if (const auto* error = std::get_if<PluginFileError>(&result))
			throw std::runtime_error(error->text());
		return std::get<std::shared_ptr<const PluginFile>>(result);
	}
	std::string failure(const std::string& plugin, const std::string& sha256 = "") const {
		const auto result = find_plugin(plugin, tree, sha256);
		const auto* error = std::get_if<PluginFileError>(&result);
		return error ? error->text() : "found";
	}
};

BOOST_FIXTURE_TEST_SUITE(plugin_file, Tree)

BOOST_AUTO_TEST_CASE(plugins_are_found_by_id_and_by_path) {
	BOOST_TEST(failure("logger") ==
	           "unknown plugin \"logger\": no plugins are installed in " + dir.path().string());
	const std::string bytes = plugin_with(manifest_text(", \"description\": \"d\"", "alpha"));
	install("zeta.so", plugin_with(manifest_text("", "zeta")));
	install("alpha.so", bytes);
	install("notes.txt", "");
	const auto alpha = found("alpha");
	BOOST_TEST(alpha->plugin == "alpha");
	BOOST_TEST(alpha->path == path("alpha.so"));
	BOOST_TEST(alpha->manifest.id == "alpha");
	BOOST_TEST(alpha->manifest.description == "d");
	BOOST_TEST((SealedView(alpha->copy.get()).bytes() == bytes));
	BOOST_TEST(found(path("zeta.so"))->manifest.id == "zeta");
	BOOST_TEST(failure("logger") ==
	           "unknown plugin \"logger\": there are alpha, zeta; or give the path of a .so file, with a '/'");
	BOOST_TEST(failure("./missing.so") == "cannot open the plugin ./missing.so: No such file or directory");
	BOOST_TEST(failure(dir.path().string() + "/") ==
	           "the plugin " + dir.path().string() + "/ is not a regular file");
	BOOST_REQUIRE(mkfifo(path("fifo.so").c_str(), 0600) == 0);
	BOOST_TEST(failure("fifo") == "the plugin " + path("fifo.so") + " is not a regular file");
}

BOOST_AUTO_TEST_CASE(the_hash_can_be_pinned) {
	const std::string file = install("a.so", plugin_with(manifest_text()));
	const std::string sha256 = found(file)->sha256;
	BOOST_TEST(sha256.size() == 64u);
	BOOST_TEST(found(file, sha256)->sha256 == sha256);
	const std::string other(64, '0');
	BOOST_TEST(failure(file, other) == file + " has the SHA-256 " + sha256 + ", expected is " + other);
	BOOST_TEST(std::get<PluginFileError>(find_plugin(file, tree, other)).wrong_sha256);
	install("a.so", plugin_with(manifest_text(", \"author\": \"b\"")));
	BOOST_TEST(found(file)->sha256 != sha256);
}

BOOST_AUTO_TEST_CASE(what_is_no_plugin_is_refused) {
	const std::string good = plugin_with(manifest_text());
	const auto said = [&](const std::string& bytes) {
		const std::string file = install("a.so", bytes);
		const std::string text = failure(file);
		return text.starts_with(file) ? text.substr(file.size()) : text;
	};
	BOOST_TEST(said("") == " cannot be loaded: empty");
	BOOST_TEST(said("#!/bin/sh\n") == " cannot be loaded: not an ELF file");
	BOOST_TEST(said(good.substr(0, good.size() / 2)).starts_with(" cannot be loaded: truncated: "));
	BOOST_TEST(said(plugin_bytes("odd")) == " is not a plugin for this program: it has no manifest (section "
	                                        ".tmon.manifest); build it against ABI 1.0 or later headers");
	BOOST_TEST(said(with_manifest(plugin_bytes("bare"), manifest_text())) ==
	           " is not a plugin: it exports no tmon_plugin_entry_v1");
	BOOST_TEST(said(plugin_with("{\"manifest\": 1")).starts_with(": manifest:1:15: the text ends"));
	BOOST_TEST(said(plugin_with("")) ==
	           " is not a plugin for this program: its manifest (section .tmon.manifest) is empty");
	BOOST_TEST(std::get<PluginFileError>(find_plugin(install("a.so", plugin_with("{}")), tree)).reasons.size() ==
	           5u);
	BOOST_TEST(said(good) == "found");
	chmod(path("a.so").c_str(), 0666);
	BOOST_TEST(failure(path("a.so")).find("can be written by everybody") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
