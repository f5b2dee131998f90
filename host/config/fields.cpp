// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/fields.hpp"

#include "host/config/suggest.hpp"

#include <algorithm>
#include <set>

namespace tmon {

namespace {

struct Describe {
	std::string operator()(std::nullptr_t) const { return "null"; }
	std::string operator()(bool value) const { return value ? "true" : "false"; }
	std::string operator()(const std::string& value) const { return "the string " + quote(value); }
	std::string operator()(const Value::Array&) const { return "an array"; }
	std::string operator()(const Value::Object&) const { return "an object"; }
	template <class Number>
	std::string operator()(Number value) const {
		return "the number " + to_json(Value{{}, value});
	}
};

} // namespace

std::string describe_found(const Value& value) { return std::visit(Describe{}, value.data); }

void expect(const Value& value, std::string_view path, std::string_view what, Findings& findings) {
	findings.error(value.place, (path.empty() ? "the configuration" : std::string(path)) + ": expected " +
					std::string(what) + ", found " + describe_found(value));
}

void read_object(const Value& value, std::string_view path, std::initializer_list<Field> fields, Findings& findings) {
	const auto* object = value.get<Value::Object>();
	if (!object)
		return expect(value, path, "an object", findings);
	const std::string within = path.empty() ? std::string() : " in " + std::string(path);
	std::set<std::string_view> seen;
	for (const Member& member : *object) {
		const auto field =
		    std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == member.key; });
		if (field != fields.end()) {
			seen.insert(field->key);
			field->read(member.value);
			continue;
		}
		std::vector<std::string_view> keys;
		for (const Field& f : fields)
			keys.push_back(f.key);
		findings.error(member.place,
			       "unknown key " + quote(member.key) + within + suggestion(member.key, keys));
	}
	for (const Field& field : fields)
		if (field.required && !seen.contains(field.key))
			findings.error(value.place, "the key " + quote(field.key) + " is missing" + within);
}

const std::string* read_string(const Value& value, std::string_view path, Findings& findings) {
	const auto* string = value.get<std::string>();
	if (!string)
		expect(value, path, "a string", findings);
	return string;
}

const Value::Array* read_array(const Value& value, std::string_view path, Findings& findings) {
	const auto* array = value.get<Value::Array>();
	if (!array)
		expect(value, path, "an array", findings);
	return array;
}

std::optional<bool> read_bool(const Value& value, std::string_view path, Findings& findings) {
	if (const auto* flag = value.get<bool>())
		return *flag;
	expect(value, path, "true or false", findings);
	return std::nullopt;
}

std::optional<std::string> read_file_name(const Value& value, std::string_view path, Findings& findings) {
	const auto* name = read_string(value, path, findings);
	if (!name)
		return std::nullopt;
	if (auto error = file_name_error(*name); !error.empty()) {
		findings.error(value.place, std::string(path) + ": " + error);
		return std::nullopt;
	}
	return *name;
}

std::string element_path(std::string_view path, std::size_t index) {
	return std::string(path) + '[' + std::to_string(index) + ']';
}

} // namespace tmon
