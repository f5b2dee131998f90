// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/schema.hpp"

#include "host/config/json_values.hpp"
#include "host/config/suggest.hpp"

#include <algorithm>
#include <map>

namespace tmon {

namespace {

std::size_t code_points(std::string_view text) {
	return static_cast<std::size_t>(std::count_if(
	    text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Application {
public:
	explicit Application(Findings& findings) : findings_(findings) {}

	void apply(const Schema& schema, Value& value, const std::string& path);

private:
	bool has_type(const Schema& schema, Value& value);
	bool is_allowed(const Schema& schema, const Value& value, const std::string& path);
	bool read_quantity(const Schema& schema, Value& value, const std::string& path);
	bool within_bounds(const Schema& schema, const Value& value);
	void apply_string(const Schema& schema, const Value& value, const std::string& path);
	void apply_array(const Schema& schema, Value& value, const std::string& path);
	void apply_object(const Schema& schema, Value& value, const std::string& path);
	void refuse(const Schema& schema, const Value& value, const std::string& path, const std::string& hint = {});

	Findings& findings_;
};

void Application::refuse(const Schema& schema, const Value& value, const std::string& path, const std::string& hint) {
	findings_.error(value.place,
	                path + ": expected " + describe_expected(schema) + ", found " + describe_found(value) + hint);
}

void Application::apply(const Schema& schema, Value& value, const std::string& path) {
	if (schema.format == SchemaFormat::size || schema.format == SchemaFormat::duration) {
		const Value given = value;
		if (read_quantity(schema, value, path) && !within_bounds(schema, value)) {
			value = given;
			refuse(schema, value, path);
		}
		return;
	}
	if (!has_type(schema, value))
		return refuse(schema, value, path);
	if (!is_allowed(schema, value, path))
		return;
	if (is_number(value)) {
		if (!within_bounds(schema, value))
			refuse(schema, value, path);
	} else if (value.get<std::string>()) {
		apply_string(schema, value, path);
	} else if (value.get<Value::Array>()) {
		apply_array(schema, value, path);
	} else if (value.get<Value::Object>() && schema.type == SchemaType::object) {
		apply_object(schema, value, path);
	}
}

bool Application::has_type(const Schema& schema, Value& value) {
	switch (schema.type) {
	case SchemaType::any: return true;
	case SchemaType::string: return value.get<std::string>() != nullptr;
	case SchemaType::integer: return make_integer(value);
	case SchemaType::number: return is_number(value);
	case SchemaType::boolean: return value.get<bool>() != nullptr;
	case SchemaType::array: return value.get<Value::Array>() != nullptr;
	case SchemaType::object: return value.get<Value::Object>() != nullptr;
	}
	return false;
}

bool Application::is_allowed(const Schema& schema, const Value& value, const std::string& path) {
	const auto same = [&](const Value& other) { return is_same_value(value, other); };
	if (schema.constant && !same(*schema.constant)) {
		refuse(schema, value, path);
		return false;
	}
	if (!schema.allowed || std::any_of(schema.allowed->begin(), schema.allowed->end(), same))
		return true;
	std::vector<std::string_view> words;
	for (const Value& candidate : *schema.allowed)
		if (const auto* word = candidate.get<std::string>())
			words.push_back(*word);
	const auto* text = value.get<std::string>();
	refuse(schema, value, path, text ? suggestion(*text, words) : std::string());
	return false;
}

// A size or a duration, in one of the forms that the configuration file takes.
bool Application::read_quantity(const Schema& schema, Value& value, const std::string& path) {
	std::string text;
	if (const auto* given = value.get<std::string>()) {
		text = *given;
	} else if (make_integer(value)) {
		text = to_json(value);
	} else {
		refuse(schema, value, path);
		return false;
	}
	std::optional<std::int64_t> number;
	if (schema.format == SchemaFormat::size) {
		if (const auto parsed = parse_size(text); const auto* bytes = std::get_if<std::uint64_t>(&parsed))
			number = static_cast<std::int64_t>(*bytes);
	} else {
		const auto parsed = parse_duration(text);
		if (const auto* duration = std::get_if<std::chrono::milliseconds>(&parsed))
			number = duration->count();
	}
	if (number)
		value.data = *number;
	else
		refuse(schema, value, path);
	return number.has_value();
}

bool Application::within_bounds(const Schema& schema, const Value& value) {
	return (!schema.minimum || compare_numbers(value, *schema.minimum) >= 0) &&
	       (!schema.maximum || compare_numbers(value, *schema.maximum) <= 0) &&
	       (!schema.above || compare_numbers(value, *schema.above) > 0) &&
	       (!schema.below || compare_numbers(value, *schema.below) < 0);
}

void Application::apply_string(const Schema& schema, const Value& value, const std::string& path) {
	const std::string& text = *value.get<std::string>();
	if (schema.format == SchemaFormat::path)
		if (auto error = file_name_error(text); !error.empty())
			return findings_.error(value.place, path + ": " + error);
	const std::size_t length = code_points(text);
	if ((schema.min_length && length < *schema.min_length) || (schema.max_length && length > *schema.max_length))
		refuse(schema, value, path, " of " + std::to_string(length));
}

void Application::apply_array(const Schema& schema, Value& value, const std::string& path) {
	auto& array = *value.get<Value::Array>();
	if ((schema.min_items && array.size() < *schema.min_items) ||
	    (schema.max_items && array.size() > *schema.max_items))
		refuse(schema, value, path, " of " + std::to_string(array.size()));
	if (schema.items)
		for (std::size_t i = 0; i < array.size(); ++i)
			apply(*schema.items, array[i], element_path(path, i));
	if (!schema.unique_items)
		return;
	std::map<std::string, std::size_t> first;
	for (std::size_t i = 0; i < array.size(); ++i) {
		const auto [other, is_new] = first.emplace(canonical_text(array[i]), i);
		if (!is_new)
			findings_.error(array[i].place, element_path(path, i) + ": expected each value once, found " +
			                                    describe_found(array[i]) + " as in " +
			                                    element_path(path, other->second) + " at " +
			                                    findings_.sources.describe(array[other->second].place));
	}
}

void Application::apply_object(const Schema& schema, Value& value, const std::string& path) {
	auto& object = *value.get<Value::Object>();
	const auto has = [&](std::string_view key) {
		return std::any_of(object.begin(), object.end(), [&](const Member& m) { return m.key == key; });
	};
	for (Member& member : object) {
		const auto property = std::find_if(schema.properties.begin(), schema.properties.end(),
		                                   [&](const Schema::Property& p) { return p.key == member.key; });
		if (property != schema.properties.end()) {
			apply(property->schema, member.value, member_path(path, member.key));
		} else if (schema.additional == Schema::Additional::checked) {
			apply(*schema.additional_schema, member.value, member_path(path, member.key));
		} else if (schema.additional == Schema::Additional::refused) {
			std::vector<std::string_view> keys;
			for (const Schema::Property& p : schema.properties)
				keys.push_back(p.key);
			findings_.error(member.place, "unknown key " + quote(member.key) + " in " + path +
			                                  suggestion(member.key, keys));
		}
	}
	for (const Schema::Property& property : schema.properties)
		if (property.schema.default_value && !has(property.key)) {
			object.push_back({property.key, value.place, *property.schema.default_value});
			set_place(object.back().value, value.place);
		}
	for (const std::string& key : schema.required)
		if (!has(key))
			findings_.error(value.place, "the key " + quote(key) + " is missing in " + path);
}

} // namespace

void apply_schema(const Schema& schema, Value& value, std::string_view path, Findings& findings) {
	Application(findings).apply(schema, value, std::string(path));
}

std::vector<std::string> paths_named(const Schema& schema, const Value& value) {
	std::vector<std::string> paths;
	const auto add = [&](const Schema& inner, const Value& part) {
		for (std::string& path : paths_named(inner, part))
			paths.push_back(std::move(path));
	};
	if (const auto* text = value.get<std::string>(); text && schema.format == SchemaFormat::path)
		paths.push_back(*text);
	if (const auto* array = value.get<Value::Array>(); array && schema.items)
		for (const Value& element : *array)
			add(*schema.items, element);
	if (const auto* object = value.get<Value::Object>())
		for (const Member& member : *object) {
			const auto property =
			    std::find_if(schema.properties.begin(), schema.properties.end(),
			                 [&](const Schema::Property& p) { return p.key == member.key; });
			if (property != schema.properties.end())
				add(property->schema, member.value);
			else if (schema.additional_schema)
				add(*schema.additional_schema, member.value);
		}
	return paths;
}

std::string member_path(std::string_view path, std::string_view key) {
	const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		       c == '-';
	});
	if (!plain)
		return std::string(path) + '[' + quote(key) + ']';
	return path.empty() ? std::string(key) : std::string(path) + '.' + std::string(key);
}

} // namespace tmon
