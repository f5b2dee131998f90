// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Schemas read, and configurations held against them: every keyword with what it takes and what it refuses.
#include "host/config/schema.hpp"
#include "host/config/schema_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace tmon;

namespace {

std::string lines(Findings& findings) {
	std::stable_sort(findings.errors.begin(), findings.errors.end(),
	                 [](const Finding& a, const Finding& b) { return a.place < b.place; });
	std::string all;
	for (const Finding& f : findings.errors) {
		const Diagnostic d = findings.sources.diagnostic(f.place, f.message);
		all += (all.empty() ? "" : "\n") + std::to_string(d.line) + ':' + std::to_string(d.column) + ": " +
		       d.message;
	}
	return all;
}

Value parse(const std::string& text) {
	const Sources sources("text", text);
	ParsedDocument document = parse_document(text, sources);
	BOOST_REQUIRE_MESSAGE(document.root && document.errors.empty(), text);
	return std::move(*document.root);
}

// What is wrong with the schema; empty when nothing is.
std::string schema_errors(const std::string& text) {
	const Sources sources("schema", text);
	Findings findings{sources, {}, {}};
	const auto schema = read_schema(parse(text), "config", findings);
	BOOST_TEST(schema.has_value() == findings.errors.empty());
	return lines(findings);
}

Schema schema_of(const std::string& text) {
	const Sources sources("schema", text);
	Findings findings{sources, {}, {}};
	auto schema = read_schema(parse(text), "config", findings);
	BOOST_REQUIRE_MESSAGE(schema, text << ": " << lines(findings));
	return std::move(*schema);
}

// What the plugin receives, or what is wrong.
std::string applied(const Schema& schema, const std::string& text) {
	const Sources sources("c", text);
	Findings findings{sources, {}, {}};
	Value value = parse(text);
	apply_schema(schema, value, "v", findings);
	return findings.errors.empty() ? to_json(value) : lines(findings);
}

struct Case {
	const char* schema;
	const char* value;
	const char* result; // the value that comes out, or the errors
};

const Case cases[] = {
    // type
    {R"({"type": "string"})", R"("x")", R"("x")"},
    {R"({"type": "string"})", "5", "1:1: v: expected a string, found the number 5"},
    {R"({"type": "integer"})", "-5", "-5"},
    {R"({"type": "integer"})", "18446744073709551615", "18446744073709551615"},
    {R"({"type": "integer"})", "3.0", "3"},
    {R"({"type": "integer"})", "3.5", "1:1: v: expected a whole number, found the number 3.5"},
    {R"({"type": "integer"})", "1e300", "1:1: v: expected a whole number, found the number 1e+300"},
    {R"({"type": "integer"})", "\"3\"", "1:1: v: expected a whole number, found the string \"3\""},
    {R"({"type": "number"})", "3.5", "3.5"},
    {R"({"type": "number"})", "3", "3"},
    {R"({"type": "number"})", "null", "1:1: v: expected a number, found null"},
    {R"({"type": "boolean"})", "false", "false"},
    {R"({"type": "boolean"})", "0", "1:1: v: expected true or false, found the number 0"},
    {R"({"type": "array"})", "[1, null]", "[1,null]"},
    {R"({"type": "array"})", "{}", "1:1: v: expected an array, found an object"},
    {R"({"type": "object"})", "{}", "{}"},
    {R"({"type": "object"})", "[]", "1:1: v: expected an object, found an array"},
    {"{}", "[null, {\"a\": 1}]", "[null,{\"a\":1}]"},
    // enum, const
    {R"({"enum": ["json", "jsonl", 3]})", "3.0", "3.0"},
    {R"({"enum": ["json", "jsonl", 3]})", "\"jsnol\"",
     "1:1: v: expected \"json\", \"jsonl\" or 3, found the string \"jsnol\" (did you mean \"jsonl\"?)"},
    {R"({"enum": [{"a": 1, "b": 2}]})", "{\"b\": 2, \"a\": 1}", "{\"b\":2,\"a\":1}"},
    {R"({"enum": [1]})", "\"1\"", "1:1: v: expected 1, found the string \"1\""},
    {R"({"const": true})", "true", "true"},
    {R"({"const": true})", "1", "1:1: v: expected true, found the number 1"},
    // numbers
    {R"({"type": "integer", "minimum": 1, "maximum": 5})", "1", "1"},
    {R"({"type": "integer", "minimum": 1, "maximum": 5})", "5", "5"},
    {R"({"type": "integer", "minimum": 1, "maximum": 5})", "0",
     "1:1: v: expected a whole number from 1 to 5, found the number 0"},
    {R"({"type": "integer", "minimum": 1, "maximum": 5})", "\"x\"",
     "1:1: v: expected a whole number from 1 to 5, found the string \"x\""},
    {R"({"type": "number", "minimum": 0.5})", "0.25",
     "1:1: v: expected a number of at least 0.5, found the number 0.25"},
    {R"({"type": "number", "maximum": 0.5})", "1", "1:1: v: expected a number of at most 0.5, found the number 1"},
    {R"({"type": "number", "exclusiveMinimum": 0})", "0", "1:1: v: expected a number above 0, found the number 0"},
    {R"({"type": "number", "exclusiveMinimum": 0})", "1e-300", "1e-300"},
    {R"({"type": "number", "exclusiveMaximum": 1})", "1", "1:1: v: expected a number below 1, found the number 1"},
    {R"({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})", "7",
     "1:1: v: expected a number above 0 and below 1, found the number 7"},
    // Beyond what a double holds.
    {R"({"type": "integer", "maximum": 9223372036854775806})", "9223372036854775807",
     "1:1: v: expected a whole number of at most 9223372036854775806, found the number 9223372036854775807"},
    {R"({"type": "integer", "minimum": 9223372036854775808})", "9223372036854775807",
     "1:1: v: expected a whole number of at least 9223372036854775808, found the number 9223372036854775807"},
    // strings
    {R"({"type": "string", "minLength": 1, "maxLength": 3})", R"("äöü")", R"("äöü")"},
    {R"({"type": "string", "minLength": 1, "maxLength": 3})", R"("")",
     "1:1: v: expected a string of 1 to 3 characters, found the string \"\" of 0"},
    {R"({"type": "string", "maxLength": 1})", R"("ab")",
     "1:1: v: expected a string of at most 1 character, found the string \"ab\" of 2"},
    {R"({"type": "string", "minLength": 2})", R"("a")",
     "1:1: v: expected a string of at least 2 characters, found the string \"a\" of 1"},
    {R"({"type": "string", "minLength": 2, "maxLength": 2})", R"("a")",
     "1:1: v: expected a string of 2 characters, found the string \"a\" of 1"},
    {R"({"type": "string", "format": "path"})", R"("logs/a")", R"("logs/a")"},
    {R"({"type": "string", "format": "path"})", R"("")", "1:1: v: the name of a file is empty"},
    {R"({"type": "string", "format": "path"})", R"("a\u0000b")",
     "1:1: v: the name of a file contains a control character: \"a\\u0000b\""},
    {R"({"type": "string", "format": "path"})", "1", "1:1: v: expected the path of a file, found the number 1"},
    // sizes and durations, in the form that the plugin receives
    {R"({"format": "size"})", R"("8M")", "8388608"},
    {R"({"type": "integer", "format": "size"})", "4096", "4096"},
    {R"({"type": "string", "format": "size"})", "4096", "4096"},
    {R"({"format": "size"})", "4096.0", "4096"},
    {R"({"format": "size"})", "-1", "1:1: v: expected a size (bytes, or such as \"4M\"), found the number -1"},
    {R"({"format": "size"})", R"("8m")", "1:1: v: expected a size (bytes, or such as \"4M\"), found the string \"8m\""},
    {R"({"format": "size"})", R"("99999999999999999999G")",
     "1:1: v: expected a size (bytes, or such as \"4M\"), found the string \"99999999999999999999G\""},
    {R"({"format": "size", "minimum": 1, "maximum": 65536})", R"("65K")",
     "1:1: v: expected a size (bytes, or such as \"4M\") from 1 to 64K, found the string \"65K\""},
    {R"({"format": "size"})", "true", "1:1: v: expected a size (bytes, or such as \"4M\"), found true"},
    {R"({"format": "duration"})", R"("1500ms")", "1500"},
    {R"({"format": "duration"})", R"("2m")", "120000"},
    {R"({"format": "duration"})", "10", "10000"},
    {R"({"format": "duration", "minimum": 1000, "maximum": 60000})", R"("999ms")",
     "1:1: v: expected a time (seconds, or such as \"10s\") from 1s to 1m, found the string \"999ms\""},
    {R"({"format": "duration"})", "[]", "1:1: v: expected a time (seconds, or such as \"10s\"), found an array"},
    // arrays
    {R"({"type": "array", "items": {"type": "integer"}})", "[1, \"2\", 3, null]",
     "1:5: v[1]: expected a whole number, found the string \"2\"\n"
     "1:13: v[3]: expected a whole number, found null"},
    {R"({"type": "array", "minItems": 1, "maxItems": 2})", "[1, 2]", "[1,2]"},
    {R"({"type": "array", "minItems": 1, "maxItems": 2})", "[]",
     "1:1: v: expected an array of 1 to 2 elements, found an array of 0"},
    {R"({"type": "array", "maxItems": 1})", "[1, 2]",
     "1:1: v: expected an array of at most 1 element, found an array of 2"},
    {R"({"type": "array", "uniqueItems": true})", "[1, \"1\", 2]", "[1,\"1\",2]"},
    {R"({"type": "array", "uniqueItems": true})", "[1, 2,\n 1.0]",
     "2:2: v[2]: expected each value once, found the number 1.0 as in v[0] at line 1, column 2"},
    {R"({"type": "array", "uniqueItems": true})", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])",
     "1:20: v[1]: expected each value once, found an object as in v[0] at line 1, column 2"},
    {R"({"type": "array", "uniqueItems": false})", "[1, 1]", "[1,1]"},
    // objects
    {R"({"type": "object", "properties": {"ports": {"type": "integer"}}})", R"({"prots": 1})",
     "1:2: unknown key \"prots\" in v (did you mean \"ports\"?)"},
    {R"({"type": "object", "additionalProperties": false})", R"({"a": 1})", "1:2: unknown key \"a\" in v"},
    {R"({"type": "object", "additionalProperties": true})", R"({"a": 1})", R"({"a":1})"},
    {R"({"type": "object", "additionalProperties": {"type": "string"}})", R"({"a": 1, "b c": 2, "d": "x"})",
     "1:7: v.a: expected a string, found the number 1\n1:17: v[\"b c\"]: expected a string, found the number 2"},
    {R"({"type": "object", "properties": {"a": {}}, "required": ["a"]})", "{}", "1:1: the key \"a\" is missing in v"},
    {R"({"type": "object", "properties": {"a": {}}, "required": ["a"]})", "{\"a\": null}", "{\"a\":null}"},
    {R"({"type": "object", "required": ["x"], "additionalProperties": true})", "{}",
     "1:1: the key \"x\" is missing in v"},
};

// What is wrong with schemas.
const std::pair<const char*, const char*> bad_schemas[] = {
    {"[]", "1:1: config: expected a schema, {…}, found an array"},
    {R"({"type": "int"})",
     "1:10: config.type: expected string, integer, number, boolean, array or object, found the string \"int\""},
    {R"({"type": "strnig"})",
     "1:10: config.type: expected string, integer, number, boolean, array or object, found the "
     "string \"strnig\" (did you mean \"string\"?)"},
    {R"({"type": ["string", "integer"]})",
     "1:10: config.type: expected string, integer, number, boolean, array or object, found an array"},
    {R"({"minLenght": 1})", "1:2: unknown keyword \"minLenght\" in config (did you mean \"minLength\"?)"},
    {R"({"pattern": "^a"})", "1:2: config.pattern: this keyword of JSON Schema is not supported"},
    {R"({"$ref": "#"})", "1:2: config[\"$ref\"]: this keyword of JSON Schema is not supported"},
    {R"({"minimum": 1})", "1:2: config.minimum: only for the \"type\" integer or number"},
    {R"({"type": "integer", "minLength": 1})", "1:21: config.minLength: only for the \"type\" string"},
    {R"({"type": "string", "items": {}})", "1:20: config.items: only for the \"type\" array"},
    {R"({"properties": {}})", "1:2: config.properties: only for the \"type\" object"},
    {R"({"type": "integer", "minimum": "1"})", "1:32: config.minimum: expected a number, found the string \"1\""},
    {R"({"type": "integer", "minimum": 5, "maximum": 4})",
     "1:46: config: the lower bound 5 and the upper bound 4 leave no value"},
    {R"({"type": "number", "exclusiveMinimum": 4, "maximum": 4})",
     "1:54: config: the lower bound 4 and the upper bound 4 leave no value"},
    {R"({"type": "string", "minLength": -1})",
     "1:33: config.minLength: expected a whole number, 0 or more, found the number -1"},
    {R"({"type": "string", "minLength": 5, "maxLength": 4})",
     "1:1: config: minLength is above maxLength: no value fits"},
    {R"({"type": "array", "minItems": 5, "maxItems": 4})", "1:1: config: minItems is above maxItems: no value fits"},
    {R"({"type": "array", "minItems": 1.5})",
     "1:31: config.minItems: expected a whole number, 0 or more, found the number 1.5"},
    {R"({"type": "array", "uniqueItems": 1})", "1:34: config.uniqueItems: expected true or false, found the number 1"},
    {R"({"type": "array", "items": [{}]})", "1:28: config.items: expected a schema, {…}, found an array"},
    {R"({"enum": []})", "1:10: config.enum: expected an array of at least 1 element, found an empty one"},
    {R"({"enum": [1, 1.0]})", "1:14: config.enum[1]: expected each value once, found the number 1.0 again"},
    {R"({"type": "string", "enum": ["a", 1]})", "1:34: config.enum[1]: expected a string, found the number 1"},
    {R"({"type": "string", "const": 1})", "1:29: config.const: expected a string, found the number 1"},
    {R"({"type": "integer", "default": "1"})", "1:32: config.default: expected a whole number, found the string \"1\""},
    {R"({"enum": ["a"], "default": "b"})", "1:28: config.default: expected \"a\", found the string \"b\""},
    {R"({"format": "email"})", "1:12: config.format: expected path, size or duration, found the string \"email\""},
    {R"({"format": "path"})", "1:12: config.format: a path needs the \"type\" string"},
    {R"({"type": "array", "format": "size"})",
     "1:29: config.format: a size or a duration has the \"type\" integer or string, or none"},
    {R"({"format": "size", "minimum": "64K"})",
     "1:31: config.minimum: expected a whole number of bytes, found the string \"64K\""},
    {R"({"format": "size", "enum": [1]})",
     "1:20: config.enum: only for values without a \"format\" of size or duration"},
    {R"({"format": "size", "maximum": 10, "default": "1K"})",
     "1:46: config.default: expected a size (bytes, or such as \"4M\") of at most 10, found the string \"1K\""},
    {R"({"type": "object", "properties": []})",
     "1:34: config.properties: expected an object, {\"key\": schema, …}, found an array"},
    {R"({"type": "object", "properties": {"file": {}}, "required": ["flie", 3, "file", "file"]})",
     "1:61: config.required[0] \"flie\" is none of the properties (did you mean \"file\"?)\n"
     "1:69: config.required[1]: expected a string, found the number 3\n"
     "1:80: config.required[3] \"file\" is listed already"},
    {R"({"type": "object", "additionalProperties": 1})",
     "1:44: config.additionalProperties: expected true, false or a schema, {…}, found the number 1"},
    {R"({"title": 1, "description": [], "$comment": null, "examples": {}})",
     "1:11: config.title: expected a string, found the number 1\n"
     "1:29: config.description: expected a string, found an array\n"
     "1:45: config[\"$comment\"]: expected a string, found null\n"
     "1:63: config.examples: expected an array, found an object"},
    // All at once, at their places.
    {R"({"type": "object",
  "properties": {
    "a": {"type": "integer", "minimun": 1},
    "b c": {"type": "array", "items": {"type": "strin"}}
  },
  "additionalProperties": {"type": "number", "maxLength": 3},
  "required": ["q"]
})",
     "3:30: unknown keyword \"minimun\" in config.properties.a (did you mean \"minimum\"?)\n"
     "4:48: config.properties[\"b c\"].items.type: expected string, integer, number, boolean, array or object, found "
     "the string \"strin\" (did you mean \"string\"?)\n"
     "6:46: config.additionalProperties.maxLength: only for the \"type\" string"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(each_keyword_takes_and_refuses) {
	for (const Case& c : cases)
		BOOST_TEST_CONTEXT(c.schema << " on " << c.value) {
			BOOST_TEST(applied(schema_of(c.schema), c.value) == c.result);
		}
}

BOOST_AUTO_TEST_CASE(wrong_schemas_are_refused) {
	for (const auto& [text, errors] : bad_schemas)
		BOOST_TEST_CONTEXT(text) { BOOST_TEST(schema_errors(text) == errors); }
}

BOOST_AUTO_TEST_CASE(annotations_are_taken) {
	BOOST_TEST(schema_errors(R"({"title": "t", "description": "d", "$comment": "c", "examples": [1, "x"],
		"type": "integer"})") == "");
}

BOOST_AUTO_TEST_CASE(defaults_are_filled_in) {
	const Schema schema = schema_of(R"({"type": "object", "properties": {
		"ports": {"type": "integer", "default": 10},
		"buffer": {"format": "size", "default": "8K"},
		"window": {"format": "duration", "default": 60},
		"deep": {"type": "object", "default": {}, "properties": {"x": {"default": [1]}}},
		"sparse": {"type": "object", "properties": {"y": {"default": 2}}},
		"list": {"type": "array", "items": {"type": "object", "properties": {"z": {"default": null}}}},
		"plain": {"type": "string"}}, "required": ["ports"]})");
	BOOST_TEST(applied(schema, "{}") == R"({"ports":10,"buffer":8192,"window":60000,"deep":{"x":[1]}})");
	BOOST_TEST(
	    applied(schema, R"({"sparse": {}, "ports": 1, "deep": {"x": 5}, "list": [{}, {"z": 1}], "buffer": 5})") ==
	    R"({"sparse":{"y":2},"ports":1,"deep":{"x":5},"list":[{"z":null},{"z":1}],"buffer":5,"window":60000})");
}

BOOST_AUTO_TEST_CASE(errors_come_all_at_once_and_with_their_places) {
	const Schema schema = schema_of(R"({"type": "object", "required": ["file"], "properties": {
		"file": {"type": "string", "format": "path"},
		"format": {"enum": ["json", "jsonl"], "default": "jsonl"},
		"port_scan": {"type": "object", "properties": {"ports": {"type": "integer", "minimum": 1}}}}})");
	BOOST_TEST(applied(schema, R"({
  "flie": "x",
  "format": "jsno",
  "port_scan": {
    "ports": 0,
    "prots": 1 }
})") == "1:1: the key \"file\" is missing in v\n"
	"2:3: unknown key \"flie\" in v (did you mean \"file\"?)\n"
	"3:13: v.format: expected \"json\" or \"jsonl\", found the string \"jsno\" (did you mean \"json\"?)\n"
	"5:14: v.port_scan.ports: expected a whole number of at least 1, found the number 0\n"
	"6:5: unknown key \"prots\" in v.port_scan (did you mean \"ports\"?)");
}

BOOST_AUTO_TEST_CASE(paths_are_found_where_the_schema_says) {
	const Schema schema = schema_of(R"({"type": "object", "properties": {
		"log": {"type": "string", "format": "path", "default": "d.log"},
		"name": {"type": "string"},
		"all": {"type": "array", "items": {"type": "string", "format": "path"}},
		"by_name": {"type": "object", "additionalProperties": {"type": "string", "format": "path"}}}})");
	const auto paths = [&](const std::string& text) {
		const Sources sources("c", text);
		Findings findings{sources, {}, {}};
		Value value = parse(text);
		apply_schema(schema, value, "v", findings);
		BOOST_TEST(findings.errors.empty());
		std::string all;
		for (const std::string& path : paths_named(schema, value))
			all += path + ' ';
		return all;
	};
	BOOST_TEST(paths(R"({"name": "/etc/shadow"})") == "d.log ");
	BOOST_TEST(paths(R"({"all": ["b", "c"], "by_name": {"x": "e"}, "log": "a"})") == "b c e a ");
}

BOOST_AUTO_TEST_SUITE_END()
