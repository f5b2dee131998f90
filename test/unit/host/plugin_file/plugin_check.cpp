// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A configuration held against the manifests of the plugins that it names.
#include "host/config/load.hpp"
#include "host/plugin_file/plugin_check.hpp"
#include "test/unit/host/plugin_file/plugin_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

namespace {

using namespace tmon;
using namespace tmon::test;

struct Tree {
	TempDir dir;

	Tree() {
		install("scan", R"(, "permissions": ["block", "paths"], "config": {"type": "object", "properties": {
			"ports": {"type": "integer", "minimum": 1, "default": 10},
			"window": {"format": "duration", "default": "60s"},
			"out": {"type": "string", "format": "path"}}})");
		install("free", "");
		install("logger-csv", R"(, "config": {"type": "object", "required": ["file"], "properties": {
			"file": {"type": "string", "format": "path"},
			"buffer_size": {"format": "size", "minimum": 64}}})");
		install("console", R"(, "config": {"type": "object"})");
	}
	void install(const std::string& id, const std::string& more) const {
		chmod(dir.write(id + ".so", plugin_with(manifest_text(more, id))).c_str(), 0644);
	}
	ConfigResult load(const std::string& rest, const Overrides& overrides = {}) const {
		return load_config_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n" + rest + "}", "c", overrides,
		                        make_plugin_check({dir.path(), "/no/runner"}));
	}
	std::string errors(const std::string& rest, const Overrides& overrides = {}) const {
		std::string all;
		for (const Diagnostic& error : load(rest, overrides).errors)
			all += (all.empty() ? "" : "\n") + to_string(error);
		return all;
	}
};

BOOST_FIXTURE_TEST_SUITE(plugin_check, Tree)

BOOST_AUTO_TEST_CASE(what_is_right_is_completed) {
	const auto result = load(R"("plugins": [
		{"plugin": "scan", "grant": ["block", {"read": "/etc/hosts"}], "config": {"out": "o", "window": 5}},
		{"plugin": "free", "config": {"any": [1]}}, {"plugin": "scan", "name": "second"}])");
	BOOST_REQUIRE(result.config);
	const auto& plugins = result.config->plugins;
	BOOST_TEST(plugins[0].config_json == R"({"out":"o","window":5000,"ports":10})");
	BOOST_TEST(plugins[0].config_paths == std::vector<std::string>{"o"}, boost::test_tools::per_element());
	BOOST_REQUIRE(plugins[0].file);
	BOOST_TEST(plugins[0].file->manifest.id == "scan");
	BOOST_TEST(plugins[1].config_json == R"({"any":[1]})");
	BOOST_TEST(plugins[1].config_paths.empty());
	BOOST_TEST(plugins[2].config_json == R"({"ports":10,"window":60000})");
	BOOST_TEST((plugins[0].file == plugins[2].file)); // one copy for both
}

// Else whoever has written the plugin could have the host open any file for it.
BOOST_AUTO_TEST_CASE(a_default_of_the_plugin_names_no_file_of_the_users) {
	install("greedy", R"(, "config": {"type": "object", "properties": {
		"where": {"type": "string", "format": "path", "default": "/etc/shadow"},
		"file": {"type": "string", "default": "/etc/shadow"},
		"more": {"type": "object", "default": {}, "properties": {
			"log_file": {"type": "string", "default": "/etc/shadow"}}}}})");
	const auto result = load(R"("plugins": [{"plugin": "greedy", "config": {"file": "mine"}}])");
	BOOST_REQUIRE(result.config);
	const PluginConfig& plugin = result.config->plugins[0];
	BOOST_TEST(plugin.config_json == R"({"file":"mine","where":"/etc/shadow","more":{"log_file":"/etc/shadow"}})");
	BOOST_TEST(plugin.config_paths == std::vector<std::string>{"mine"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(all_errors_stand_in_the_order_of_the_file) {
	const std::string wrong(64, 'a');
	const std::string csv = (dir / "logger-csv.so").string();
	const std::string text = errors(R"("interfaces": [5],
 "plugins": [
  {"plugin": "scna"},
  {"plugin": "scan", "grant": ["network", {"write": "/x"}, "exec"], "config": {"port": 1, "ports": 0}},
  {"plugin": "free", "grant": ["block", {"read": "/x"}]},
  {"plugin": ")" + csv + R"(", "sha256": ")" +
	                                wrong + R"(", "config": {"file": 1}},
  {"plugin": "logger-csv", "name": "second"}],
 "zz": 1)");
	const std::string sha256 =
	    std::get<std::shared_ptr<const PluginFile>>(find_plugin("logger-csv", {dir.path(), ""}))->sha256;
	BOOST_TEST(
	    text ==
	    "c:2:16: error: interfaces[0]: expected a string, found the number 5\n"
	    "c:4:14: error: plugins[0]: unknown plugin \"scna\": there are console, free, logger-csv, scan; or give "
	    "the "
	    "path of a .so file, with a '/'\n"
	    "c:5:32: error: plugins[1].grant[0]: the plugin scan does not ask for \"network\": the permissions in its "
	    "manifest are \"block\", \"paths\"\n"
	    "c:5:60: error: plugins[1].grant[2]: the plugin scan does not ask for \"exec\": the permissions in its "
	    "manifest are \"block\", \"paths\"\n"
	    "c:5:80: error: unknown key \"port\" in plugins[1].config (did you mean \"ports\"?)\n"
	    "c:5:100: error: plugins[1].config.ports: expected a whole number of at least 1, found the number 0\n"
	    "c:6:32: error: plugins[2].grant[0]: the plugin free does not ask for \"block\": the permissions in its "
	    "manifest are none\n"
	    "c:6:50: error: plugins[2].grant[1].read: the plugin free does not ask for \"paths\": the permissions in "
	    "its "
	    "manifest are none\n"
	    "c:7:" +
	        std::to_string(14 + csv.size() + 2 + 12) + ": error: plugins[3]: " + csv + " has the SHA-256 " +
	        sha256 + ", expected is " + wrong +
	        "\n"
	        "c:8:3: error: the key \"file\" is missing in plugins[4].config\n"
	        "c:9:2: error: unknown key \"zz\"");
}

BOOST_AUTO_TEST_CASE(options_and_the_shorthand_are_checked_too) {
	Overrides set;
	set.settings = {{"plugins.0.config.ports", "0"}, {"plugins.0.config.prots", "1"}};
	BOOST_TEST(errors(R"("plugins": [{"plugin": "scan"}])", set) ==
	           "--set plugins.0.config.ports: error: plugins[0].config.ports: expected a whole number of at least "
	           "1, found "
	           "the number 0\n"
	           "--set plugins.0.config.prots: error: unknown key \"prots\" in plugins[0].config (did you mean "
	           "\"ports\"?)");
	BOOST_TEST(
	    errors(R"("logging": {"format": "csv", "output_file": "f", "buffer_size": 5})") ==
	    "c:2:65: error: logger-csv.config.buffer_size: expected a size (bytes, or such as \"4M\") of at least 64, "
	    "found the number 5");
	Overrides log;
	log.log_format = LogFormat::csv;
	log.log_file = "f";
	log.log_buffer_bytes = 6;
	BOOST_TEST(
	    errors("\"ring\": {}", log) ==
	    "--log-buffer-size: error: logger-csv.config.buffer_size: expected a size (bytes, or such as \"4M\") of at "
	    "least 64, found the number 6");
	log.log_format = LogFormat::jsonl;
	BOOST_TEST(
	    errors("\"ring\": {}", log) ==
	    "--log-format: error: logger-json: unknown plugin \"logger-json\": there are console, free, logger-csv, "
	    "scan; or give the path of a .so file, with a '/'");
	BOOST_TEST(errors("\"ring\": {}") == "");
}

BOOST_AUTO_TEST_CASE(every_error_of_a_manifest_is_reported) {
	const std::string file = dir.write("bad.so", plugin_with("{\n\"manifest\": 1, \"idd\": 1}")).string();
	chmod(file.c_str(), 0644);
	const std::string text = errors("\"plugins\": [{\"plugin\": \"" + file + "\"}]");
	const std::string prefix = "c:2:24: error: plugins[0]: " + file + ": manifest:";
	BOOST_TEST(text == prefix + "1:1: the key \"id\" is missing\n" + prefix +
	                       "1:1: the key \"version\" is missing\n" + prefix + "1:1: the key \"abi\" is missing\n" +
	                       prefix + "1:1: the key \"capabilities\" is missing\n" + prefix +
	                       "2:16: unknown key \"idd\" (did you mean \"id\"?)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
