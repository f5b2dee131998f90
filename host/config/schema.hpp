// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin says its configuration looks like: a subset of JSON Schema; docs/manifest.md has all of it.
#pragma once

#include "host/config/fields.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

enum class SchemaType { any, string, integer, number, boolean, array, object };
enum class SchemaFormat { none, path, size, duration };

struct Schema {
	struct Property;
	enum class Additional { refused, accepted, checked };

	std::string description; // for people; empty where it says nothing
	SchemaType type = SchemaType::any;
	SchemaFormat format = SchemaFormat::none;
	std::optional<std::vector<Value>> allowed; // "enum"
	std::optional<Value> constant;
	std::optional<Value> default_value; // checked, and in the form that the plugin receives

	// Numbers; of a size, in bytes; of a duration, in milliseconds.
	std::optional<Value> minimum, maximum, above, below;
	std::optional<std::uint64_t> min_length, max_length; // code points
	std::optional<std::uint64_t> min_items, max_items;
	bool unique_items = false;
	std::shared_ptr<const Schema> items; // null: any

	std::vector<Property> properties;
	std::vector<std::string> required;
	Additional additional = Additional::refused;
	std::shared_ptr<const Schema> additional_schema; // for `checked`
};

struct Schema::Property {
	std::string key;
	Schema schema;
};

// Checks `value` and gives it the form that the plugin receives: members that are missing and have a default
// are added, a size becomes its bytes, a duration its milliseconds, a whole number such as 1.0 an integer.
// `path` is the value's own, as in Findings. Where an error is found that part is left as it is. Once only: what
// comes out has durations in milliseconds, and a bare number goes in as seconds.
void apply_schema(const Schema& schema, Value& value, std::string_view path, Findings& findings);

// Every string of a checked value that stands where the schema says "format": "path".
std::vector<std::string> paths_named(const Schema& schema, const Value& value);

// "a whole number from 1 to 100": what the schema takes, for people.
std::string describe_expected(const Schema& schema);

// `path.key`, or `path["key"]` for a key that is not a plain word.
std::string member_path(std::string_view path, std::string_view key);

} // namespace tmon
