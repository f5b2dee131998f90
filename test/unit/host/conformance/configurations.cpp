// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/configurations.hpp"

#include "host/config/schema_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tmon;

namespace {

Schema schema_of(const std::string& text) {
	const Sources sources("schema", text);
	Findings findings{sources, {}, {}};
	const ParsedDocument document = parse_document(text, sources);
	BOOST_REQUIRE(document.root);
	std::optional<Schema> schema = read_schema(*document.root, "config", findings);
	for (const Finding& finding : findings.errors)
		BOOST_ERROR(finding.message);
	BOOST_REQUIRE(schema);
	return std::move(*schema);
}

const char* const schemas[] = {
    R"({"type": "object"})",
    R"({"type": "object", "properties": {"a": {"type": "integer", "minimum": 2, "maximum": 5}}})",
    R"({"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4},
        "b": {"type": "number", "minimum": -0.5, "maximum": 0.5}}})",
    R"({"type": "object", "required": ["s"], "properties": {"s": {"type": "string", "minLength": 3, "maxLength": 5}}})",
    R"({"type": "object", "required": ["f"], "properties": {"f": {"type": "string", "format": "path", "minLength": 1}}})",
    R"({"type": "object", "properties": {"size": {"format": "size", "minimum": 1, "maximum": 1024},
        "time": {"format": "duration", "minimum": 1000, "maximum": 60000, "default": "10s"}}})",
    R"({"type": "object", "required": ["e", "c"], "properties": {"e": {"enum": ["x", 7, null]}, "c": {"const": [1]}}})",
    R"({"type": "object", "required": ["list"], "properties": {"list": {"type": "array", "minItems": 2, "maxItems": 3,
        "uniqueItems": true, "items": {"type": "integer", "minimum": 1, "maximum": 65535}}}})",
    R"({"type": "object", "properties": {"o": {"type": "object", "required": ["x"], "properties": {"x": {"type": "boolean"},
        "any": {}}, "additionalProperties": {"type": "integer"}}}, "additionalProperties": true})",
};

} // namespace

BOOST_AUTO_TEST_SUITE(conformance_configurations)

BOOST_AUTO_TEST_CASE(made_ones_are_sound) {
	for (const char* text : schemas) {
		const Schema schema = schema_of(text);
		std::set<std::string> different;
		for (uint64_t seed = 0; seed < 200; ++seed) {
			Random random(seed);
			Value value = make_configuration(schema, "/tmp/x-", seed == 0 ? nullptr : &random);
			const std::string json = to_json(value);
			for (const std::string& reason : hold_against(schema, value))
				BOOST_ERROR(text << ": " << json << ": " << reason);
			different.insert(json);
		}
		BOOST_TEST((different.size() > 1 || schema.properties.empty() || schema.properties[0].key == "f"), text);
	}
}

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same) {
	const Schema schema = schema_of(schemas[5]);
	Random first(9), second(9);
	for (int i = 0; i < 10; ++i)
		BOOST_TEST(to_json(make_configuration(schema, "", &first)) == to_json(make_configuration(schema, "", &second)));
}

BOOST_AUTO_TEST_CASE(wrong_ones_are_refused) {
	for (const char* text : schemas) {
		const Schema schema = schema_of(text);
		const auto wrong = make_wrong(schema, make_configuration(schema, "/tmp/x-", nullptr));
		BOOST_TEST((wrong.size() > 0 || schema.additional != Schema::Additional::refused), text);
		for (WrongConfiguration one : wrong) {
			const std::string json = to_json(one.value);
			BOOST_TEST(!hold_against(schema, one.value).empty(), text << ": " << one.what << ": " << json);
		}
	}
}

BOOST_AUTO_TEST_CASE(each_kind_of_mistake_is_made) {
	std::set<std::string> kinds;
	for (const char* text : schemas) {
		const Schema schema = schema_of(text);
		for (const WrongConfiguration& wrong : make_wrong(schema, make_configuration(schema, "", nullptr)))
			kinds.insert(wrong.what);
	}
	for (const char* kind : {"unknown-key is no key of it", "a is missing", "a is null", "a is a fraction", "a is below its minimum",
	                         "a is above its maximum", "s is too short", "s is too long", "list is too many elements",
	                         "e is none of those listed", "time is below its minimum", "o.x is missing", "o.x is a string"})
		BOOST_TEST(kinds.count(kind) == 1u, kind);
}

BOOST_AUTO_TEST_SUITE_END()
