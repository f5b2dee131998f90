// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/document.hpp"
#include "host/config/units.hpp"

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// What was found, and the document it was found in. `path` in the functions below is the value's own, such
// as `plugins[0].name`; it is empty for the whole document.
struct Findings {
	const Sources& sources;
	std::vector<Finding> errors;
	std::vector<Finding> warnings;

	void error(Place place, std::string message) { errors.push_back({place, std::move(message)}); }
	void warning(Place place, std::string message) { warnings.push_back({place, std::move(message)}); }
};

// "the string "x"", "the number 5", "an array": the second half of a message about a type.
std::string describe_found(const Value& value);

void expect(const Value& value, std::string_view path, std::string_view what, Findings& findings);

struct Field {
	std::string_view key;
	std::function<void(const Value&)> read;
	bool required = false;
};

// Hands every member to its field. An unknown key, a missing one, and a value that is no object are errors.
void read_object(const Value& value, std::string_view path, std::initializer_list<Field> fields, Findings& findings);

// The value when it has the type; otherwise that is an error.
const std::string* read_string(const Value& value, std::string_view path, Findings& findings);
const Value::Array* read_array(const Value& value, std::string_view path, Findings& findings);
std::optional<bool> read_bool(const Value& value, std::string_view path, Findings& findings);

// A string, or (where `numbers`) an integer, as `parse` takes it.
template <class T>
std::optional<T> read_parsed(const Value& value, std::string_view path, Parsed<T> (*parse)(std::string_view),
			     bool numbers, Findings& findings) {
	std::string text;
	if (auto* string = value.get<std::string>())
		text = *string;
	else if (auto* number = value.get<std::int64_t>(); number && numbers)
		text = std::to_string(*number);
	else if (auto* large = value.get<std::uint64_t>(); large && numbers)
		text = std::to_string(*large);
	else {
		expect(value, path, numbers ? "a string or a whole number" : "a string", findings);
		return std::nullopt;
	}
	auto parsed = parse(text);
	if (auto* error = std::get_if<std::string>(&parsed)) {
		findings.error(value.place, std::string(path) + ' ' + *error);
		return std::nullopt;
	}
	return std::get<T>(parsed);
}

// A string that can be the name of a file to write.
std::optional<std::string> read_file_name(const Value& value, std::string_view path, Findings& findings);

std::string element_path(std::string_view path, std::size_t index);

} // namespace tmon
