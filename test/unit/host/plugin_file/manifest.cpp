// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Manifests found and read, and everything that is wrong with one said at once.
#include "host/plugin_file/manifest.hpp"
#include "test/unit/host/plugin_file/plugin_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace {

using namespace tmon;
using namespace tmon::test;

std::string errors_of(const std::string& text) {
	const auto result = parse_manifest(text);
	std::string all;
	if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&result))
		for (const Diagnostic& error : *errors)
			all += (all.empty() ? "" : "\n") + std::to_string(error.line) + ':' +
			       std::to_string(error.column) + ": " + error.message;
	return all;
}

// A manifest of one line with that ABI, and `rest` on the second line.
std::string with_abi(unsigned major, unsigned required, unsigned built, const std::string& rest) {
	return R"({"manifest": 1, "id": "a", "version": "1", "abi": {"major": )" + std::to_string(major) +
	       ", \"required\": " + std::to_string(required) + ", \"built\": " + std::to_string(built) + "},\n" + rest +
	       "}";
}
std::string with(const std::string& rest) { return with_abi(TMON_ABI_MAJOR, 0, TMON_ABI_MINOR, rest); }

BOOST_AUTO_TEST_CASE(every_key_is_read) {
	const std::string text = with(R"("capabilities": ["events", "alerts", "ticks", "end", "state", "reconfigure"],
		"permissions": ["network", "exec", "block", "paths"], "description": "d", "author": "a", "license": "l",
		"homepage": "h", "config": {"type": "object", "properties": {"x": {"type": "integer"}}})");
	BOOST_TEST(errors_of(text) == "");
	const Manifest manifest = std::get<Manifest>(parse_manifest(text));
	BOOST_TEST(manifest.id == "a");
	BOOST_TEST(manifest.version == "1");
	BOOST_TEST(manifest.abi.major == TMON_ABI_MAJOR);
	BOOST_TEST(manifest.abi.required == 0u);
	BOOST_TEST(manifest.abi.built == TMON_ABI_MINOR);
	BOOST_TEST(manifest.description + manifest.author + manifest.license + manifest.homepage == "dalh");
	BOOST_TEST(manifest.capabilities.size() == 6u);
	BOOST_TEST(manifest.permissions.size() == 4u);
	BOOST_REQUIRE(manifest.config);
	BOOST_TEST(manifest.config->properties.size() == 1u);
	BOOST_TEST(manifest.text == text);
}

BOOST_AUTO_TEST_CASE(the_least_has_no_permission_and_no_schema) {
	const Manifest manifest = std::get<Manifest>(parse_manifest(with("\"capabilities\": []")));
	BOOST_TEST(manifest.permissions.empty());
	BOOST_TEST(!manifest.config);
	BOOST_TEST(manifest.description == "");
}

BOOST_AUTO_TEST_CASE(wrong_keys_are_named) {
	const std::pair<const char*, const char*> table[] = {
	    {"\"x\": 1", "1:1: the key \"capabilities\" is missing\n2:1: unknown key \"x\""},
	    {R"("capabilites": [], "capabilities": [])",
	     "2:1: unknown key \"capabilites\" (did you mean \"capabilities\"?)"},
	    {R"("capabilities": "events")", "2:17: capabilities: expected an array, found the string \"events\""},
	    {R"("capabilities": ["evnets", 1, "end", "end"])",
	     "2:18: capabilities[0] \"evnets\": expected events, alerts, ticks, end, state or reconfigure (did you "
	     "mean "
	     "\"events\"?)\n"
	     "2:28: capabilities[1]: expected a string, found the number 1\n"
	     "2:38: capabilities[3] \"end\" is listed already"},
	    {R"("capabilities": [], "permissions": ["net"])",
	     "2:37: permissions[0] \"net\": expected network, exec, block, stdout or paths"},
	    {R"("capabilities": [], "author": 1)", "2:31: author: expected a string, found the number 1"},
	    {R"("capabilities": [], "license": "a\nb")", "2:32: license \"a\\u000ab\": expected one line of text"},
	    {R"("capabilities": [], "config": true)", "2:31: config: expected a schema, {…}, found true"},
	    {R"("capabilities": [], "config": {"properties": {}})",
	     "2:31: config: a plugin's configuration is an object: its schema needs \"type\": \"object\""},
	    {R"("capabilities": [], "config": {"type": "string"})",
	     "2:31: config: a plugin's configuration is an object: its schema needs \"type\": \"object\""},
	    {R"("capabilities": [], "config": {"type": "object", "properties": {"a": {"typ": 1}}})",
	     "2:71: unknown keyword \"typ\" in config.properties.a (did you mean \"type\"?)"},
	    {R"("capabilities": [], "id": "b")",
	     "2:21: duplicate key \"id\": it is already given at line 1, column 17"},
	};
	for (const auto& [rest, errors] : table)
		BOOST_TEST_CONTEXT(rest) { BOOST_TEST(errors_of(with(rest)) == errors); }
}

BOOST_AUTO_TEST_CASE(several_errors_come_at_once) {
	BOOST_TEST(
	    errors_of("{\n \"manifest\": 1,\n \"id\": \"Port Watch\",\n \"version\": \"\",\n"
	              " \"abi\": {\"major\": \"1\", \"required\": -1},\n \"capabilities\": [\"evnts\"],\n"
	              " \"autor\": \"me\",\n \"config\": {\"type\": \"object\", \"required\": [\"x\"]}\n}") ==
	    "3:8: id \"Port Watch\": an id is 1 to 64 lower-case letters, digits and '-'\n"
	    "4:13: version \"\": a version has 1 to 64 bytes, such as 1.0.0\n"
	    "5:9: the key \"built\" is missing in abi\n"
	    "5:19: abi.major: expected a whole number, 0 or more, found the string \"1\"\n"
	    "5:36: abi.required: expected a whole number, 0 or more, found the number -1\n"
	    "6:19: capabilities[0] \"evnts\": expected events, alerts, ticks, end, state or reconfigure (did you "
	    "mean \"events\"?)\n"
	    "7:2: unknown key \"autor\" (did you mean \"author\"?)\n"
	    "8:44: config.required[0] \"x\" is none of the properties");
	BOOST_TEST(errors_of("{}") == "1:1: the key \"manifest\" is missing\n1:1: the key \"id\" is missing\n"
	                              "1:1: the key \"version\" is missing\n1:1: the key \"abi\" is missing\n"
	                              "1:1: the key \"capabilities\" is missing");
}

BOOST_AUTO_TEST_CASE(what_is_no_manifest_is_said_so) {
	BOOST_TEST(errors_of("[]") == "1:1: the manifest: expected an object, found an array");
	BOOST_TEST(errors_of("{\"manifest\": 1,}") == "1:15: a comma before '}': remove it");
	BOOST_TEST(errors_of("{} {}").starts_with("1:4: "));
	BOOST_TEST(errors_of("{\"id\": \"\x80\"}").starts_with("1:9: invalid UTF-8"));
	BOOST_TEST(
	    errors_of("{\"manifest\": 2, \"what\": 1}") ==
	    "1:14: manifest: this program reads version 1, found the number 2: a newer traffic-monitor is needed");
	BOOST_TEST(errors_of("{\"manifest\": \"1\", \"what\": 1}") ==
	           "1:14: manifest: expected 1, found the string \"1\"");
	BOOST_TEST(errors_of("{\"manifest\": 0}") == "1:14: manifest: expected 1, found the number 0");
}

BOOST_AUTO_TEST_CASE(the_abi_decides) {
	const auto refused = [](unsigned major, unsigned required, unsigned built) {
		return refuse_abi({major, required, built}, 3, 5);
	};
	BOOST_TEST(refused(3, 0, 0) == "");
	BOOST_TEST(refused(3, 5, 5) == "");
	BOOST_TEST(refused(3, 0, 9) == "");
	BOOST_TEST(refused(3, 6, 9) == "it requires plugin ABI 3.6, this is 3.5: a newer traffic-monitor is needed");
	BOOST_TEST(refused(2, 0, 7) == "it was built for plugin ABI 2.7, this is 3.5: rebuild it");
	BOOST_TEST(refused(4, 0, 1) ==
	           "it was built for plugin ABI 4.1, this is 3.5: a newer traffic-monitor is needed, or rebuild it");
	// Of a plugin for another ABI nothing else is judged.
	BOOST_TEST(errors_of(with_abi(TMON_ABI_MAJOR + 6, 0, 0, "\"unheard\": 1")) ==
	           "1:51: " + refuse_abi({TMON_ABI_MAJOR + 6, 0, 0}));
	BOOST_TEST(errors_of(with_abi(TMON_ABI_MAJOR, TMON_ABI_MINOR + 1, TMON_ABI_MINOR + 1, "\"unheard\": 1")) ==
	           "1:51: " + refuse_abi({TMON_ABI_MAJOR, TMON_ABI_MINOR + 1, 0}));
	BOOST_TEST(errors_of(with_abi(TMON_ABI_MAJOR, 2, 1, "\"capabilities\": []"))
	               .starts_with("1:51: abi: it requires minor 2 and was built with the headers of minor 1"));
}

BOOST_AUTO_TEST_CASE(a_plugin_built_with_newer_headers_may_say_more) {
	const std::string rest = R"("capabilities": ["events", "telepathy"], "permissions": ["fly"], "mood": "good")";
	const auto result = parse_manifest(with_abi(TMON_ABI_MAJOR, 0, TMON_ABI_MINOR + 1, rest));
	BOOST_REQUIRE(std::holds_alternative<Manifest>(result));
	BOOST_TEST(std::get<Manifest>(result).capabilities.size() == 1u);
	BOOST_TEST(std::get<Manifest>(result).permissions.empty());
	BOOST_TEST(errors_of(with(rest)) != "");
}

BOOST_AUTO_TEST_CASE(ids) {
	for (const std::string& id : {std::string("a"), std::string("port-watch-2"), std::string(64, 'x')})
		BOOST_TEST(is_plugin_id(id));
	for (const std::string& id : {std::string(), std::string("A"), std::string("a_b"), std::string("a b"),
	                              std::string("ä"), std::string("a/b"), std::string(65, 'x')})
		BOOST_TEST(!is_plugin_id(id));
}

BOOST_AUTO_TEST_CASE(the_section_is_found) {
	const auto found = [](const std::string& bytes) {
		const ElfFile elf = std::get<ElfFile>(read_elf(bytes));
		const auto result = find_manifest(elf, bytes);
		if (const auto* text = std::get_if<std::string_view>(&result))
			return "text: " + std::string(*text);
		return std::get<std::string>(result);
	};
	BOOST_TEST(found(plugin_with("{\"a\": 1}\n")) == "text: {\"a\": 1}\n");
	BOOST_TEST(found(plugin_with(std::string(8192, ' ').replace(8190, 2, "{}"))) ==
	           "text: " + std::string(8190, ' ') + "{}");
	BOOST_TEST(found(plugin_with("")) == "its manifest (section .tmon.manifest) is empty");
	BOOST_TEST(found(plugin_with(" \n\t")) == "its manifest (section .tmon.manifest) is empty");
	BOOST_TEST(found(plugin_bytes("odd")) ==
	           "it has no manifest (section .tmon.manifest); build it against ABI 1.0 or "
	           "later headers");
	const ElfFile two{.sections = {{".tmon.manifest", 0, 2}, {".text", 0, 0}, {".tmon.manifest", 0, 2}},
	                  .exported = {},
	                  .undefined = {},
	                  .needed = {},
	                  .rpath = {},
	                  .runpath = {}};
	BOOST_TEST(std::get<std::string>(find_manifest(two, "{}")) ==
	           "it has more than one manifest (section .tmon.manifest)");
	const ElfFile large{.sections = {{".tmon.manifest", 0, max_manifest_bytes + 1}},
	                    .exported = {},
	                    .undefined = {},
	                    .needed = {},
	                    .rpath = {},
	                    .runpath = {}};
	BOOST_TEST(std::get<std::string>(find_manifest(large, std::string(max_manifest_bytes + 1, 'x'))) ==
	           "its manifest (section .tmon.manifest) is larger than 1 MiB");
}

BOOST_AUTO_TEST_CASE(damaged_manifests_are_judged_without_a_crash) {
	const std::string good =
	    with(R"("capabilities": ["events"], "permissions": ["paths"], "config": {"type": "object",
		"properties": {"a": {"type": "array", "items": {"enum": ["x", 1]}, "minItems": 1, "default": ["x"]},
		"b": {"format": "size", "default": "4K", "minimum": 1}, "c": {"type": "string", "maxLength": 4}},
		"required": ["a"], "additionalProperties": {"type": "number", "exclusiveMinimum": 0.5}})");
	BOOST_REQUIRE(errors_of(good) == "");
	const std::string_view pieces[] = {"\"",           "{",        "}", "[", "]", ",", ":", "null", "-1", "1e9",
	                                   "\"default\":", "\"type\":"};
	std::mt19937_64 random(7);
	int accepted = 0;
	for (int i = 0; i < 10'000; ++i) {
		std::string text = good;
		for (auto edits = 1 + random() % 4; edits > 0; --edits) {
			const std::size_t at = random() % text.size();
			switch (random() % 3) {
			case 0: text[at] = static_cast<char>(random()); break;
			case 1: text.insert(at, pieces[random() % std::size(pieces)]); break;
			default: text.erase(at, 1 + random() % 8);
			}
		}
		const auto result = parse_manifest(text);
		if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&result)) {
			BOOST_REQUIRE(!errors->empty());
		} else {
			++accepted;
		}
	}
	BOOST_TEST(accepted > 10);
}

} // namespace
