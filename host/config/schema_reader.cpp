// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/schema_reader.hpp"

#include "host/config/json_values.hpp"
#include "host/config/suggest.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tmon {

namespace {

constexpr std::array<std::pair<std::string_view, SchemaType>, 6> types{{{"string", SchemaType::string},
                                                                        {"integer", SchemaType::integer},
                                                                        {"number", SchemaType::number},
                                                                        {"boolean", SchemaType::boolean},
                                                                        {"array", SchemaType::array},
                                                                        {"object", SchemaType::object}}};
constexpr std::array<std::pair<std::string_view, SchemaFormat>, 3> formats{
    {{"path", SchemaFormat::path}, {"size", SchemaFormat::size}, {"duration", SchemaFormat::duration}}};

// What a keyword is for.
enum class Use { any, value, numbers, strings, arrays, objects };

class SchemaReader {
public:
	SchemaReader(const std::string& path, Findings& findings) : path_(path), findings_(findings) {}

	Schema read(const Value& value);

private:
	struct Keyword {
		std::string_view name;
		Use use;
		void (SchemaReader::*read)(const Value&, const std::string& path);
	};
	static const std::array<Keyword, 22> keywords;

	void read_type(const Value& value, const std::string& path);
	void read_format(const Value& value, const std::string& path);
	void read_text(const Value& value, const std::string& path) { read_string(value, path, findings_); }
	void read_description(const Value& value, const std::string& path) {
		if (const auto* text = read_string(value, path, findings_))
			schema_.description = *text;
	}
	void read_examples(const Value& value, const std::string& path) { read_array(value, path, findings_); }
	void read_enum(const Value& value, const std::string& path);
	void read_const(const Value& value, const std::string&) { schema_.constant = value; }
	void read_default(const Value& value, const std::string&) { default_ = &value; }
	template <std::optional<Value> Schema::*bound>
	void read_bound(const Value& value, const std::string& path);
	template <std::optional<std::uint64_t> Schema::*count>
	void read_count(const Value& value, const std::string& path);
	void read_unique(const Value& value, const std::string& path) {
		schema_.unique_items = read_bool(value, path, findings_).value_or(false);
	}
	void read_items(const Value& value, const std::string& path);
	void read_properties(const Value& value, const std::string& path);
	void read_required(const Value& value, const std::string& path);
	void read_additional(const Value& value, const std::string& path);

	void report_unknown(const Member& member);
	bool is_of_use(const Keyword& keyword, const Member& member);
	void check_bounds(const Value& whole);
	void check_required();
	void check_values();
	bool is_quantity() const {
		return schema_.format == SchemaFormat::size || schema_.format == SchemaFormat::duration;
	}

	const std::string path_;
	Findings& findings_;
	Schema schema_;
	const Value* default_ = nullptr;
	std::vector<std::pair<std::string, const Value*>> required_; // with their paths
	std::string enum_path_;
};

const std::array<SchemaReader::Keyword, 22> SchemaReader::keywords{
    {{"type", Use::any, &SchemaReader::read_type},
     {"format", Use::any, &SchemaReader::read_format},
     {"title", Use::any, &SchemaReader::read_text},
     {"description", Use::any, &SchemaReader::read_description},
     {"$comment", Use::any, &SchemaReader::read_text},
     {"examples", Use::any, &SchemaReader::read_examples},
     {"default", Use::any, &SchemaReader::read_default},
     {"enum", Use::value, &SchemaReader::read_enum},
     {"const", Use::value, &SchemaReader::read_const},
     {"minimum", Use::numbers, &SchemaReader::read_bound<&Schema::minimum>},
     {"maximum", Use::numbers, &SchemaReader::read_bound<&Schema::maximum>},
     {"exclusiveMinimum", Use::numbers, &SchemaReader::read_bound<&Schema::above>},
     {"exclusiveMaximum", Use::numbers, &SchemaReader::read_bound<&Schema::below>},
     {"minLength", Use::strings, &SchemaReader::read_count<&Schema::min_length>},
     {"maxLength", Use::strings, &SchemaReader::read_count<&Schema::max_length>},
     {"items", Use::arrays, &SchemaReader::read_items},
     {"minItems", Use::arrays, &SchemaReader::read_count<&Schema::min_items>},
     {"maxItems", Use::arrays, &SchemaReader::read_count<&Schema::max_items>},
     {"uniqueItems", Use::arrays, &SchemaReader::read_unique},
     {"properties", Use::objects, &SchemaReader::read_properties},
     {"required", Use::objects, &SchemaReader::read_required},
     {"additionalProperties", Use::objects, &SchemaReader::read_additional}}};

// Of JSON Schema, and not of the subset; each between spaces.
constexpr std::string_view foreign =
    " $anchor $defs $dynamicRef $id $ref $schema $vocabulary allOf anyOf contains contentEncoding"
    " definitions dependencies dependentRequired dependentSchemas deprecated else if maxContains"
    " maxProperties minContains minProperties multipleOf not oneOf pattern patternProperties prefixItems"
    " propertyNames readOnly then unevaluatedItems unevaluatedProperties writeOnly ";

Schema SchemaReader::read(const Value& value) {
	const auto* object = value.get<Value::Object>();
	if (!object) {
		expect(value, path_, "a schema, {…}", findings_);
		return {};
	}
	const auto find = [](std::string_view name) {
		return std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& k) { return k.name == name; });
	};
	// First what decides of which use the others are.
	for (const Member& member : *object)
		if (member.key == "type" || member.key == "format")
			(this->*find(member.key)->read)(member.value, member_path(path_, member.key));
	for (const Member& member : *object) {
		const auto keyword = find(member.key);
		if (keyword == keywords.end())
			report_unknown(member);
		else if (member.key != "type" && member.key != "format" && is_of_use(*keyword, member))
			(this->*keyword->read)(member.value, member_path(path_, member.key));
	}
	check_bounds(value);
	check_required();
	check_values();
	return std::move(schema_);
}

void SchemaReader::report_unknown(const Member& member) {
	if (foreign.find(' ' + member.key + ' ') != std::string_view::npos)
		return findings_.error(member.place, member_path(path_, member.key) +
		                                         ": this keyword of JSON Schema is not supported");
	std::vector<std::string_view> names;
	for (const Keyword& keyword : keywords)
		names.push_back(keyword.name);
	findings_.error(member.place,
	                "unknown keyword " + quote(member.key) + " in " + path_ + suggestion(member.key, names));
}

bool SchemaReader::is_of_use(const Keyword& keyword, const Member& member) {
	std::string_view for_what;
	switch (keyword.use) {
	case Use::any: break;
	case Use::value:
		if (is_quantity())
			for_what = "values without a \"format\" of size or duration";
		break;
	case Use::numbers:
		if (schema_.type != SchemaType::integer && schema_.type != SchemaType::number && !is_quantity())
			for_what = "the \"type\" integer or number";
		break;
	case Use::strings:
		if (schema_.type != SchemaType::string || is_quantity())
			for_what = "the \"type\" string";
		break;
	case Use::arrays:
		if (schema_.type != SchemaType::array)
			for_what = "the \"type\" array";
		break;
	case Use::objects:
		if (schema_.type != SchemaType::object)
			for_what = "the \"type\" object";
		break;
	}
	if (!for_what.empty())
		findings_.error(member.place, member_path(path_, member.key) + ": only for " + std::string(for_what));
	return for_what.empty();
}

template <class Table>
auto find_word(const Table& table, const Value& value, std::string_view path, Findings& findings)
    -> decltype(&table.front().second) {
	std::vector<std::string_view> names;
	std::string list;
	const auto* text = value.get<std::string>();
	for (const auto& entry : table) {
		if (text && entry.first == *text)
			return &entry.second;
		list += (names.empty()                      ? ""
		         : names.size() + 1 == table.size() ? " or "
		                                            : ", ") +
		        std::string(entry.first);
		names.push_back(entry.first);
	}
	findings.error(value.place, std::string(path) + ": expected " + list + ", found " + describe_found(value) +
	                                (text ? suggestion(*text, names) : std::string()));
	return nullptr;
}

void SchemaReader::read_type(const Value& value, const std::string& path) {
	if (const auto* type = find_word(types, value, path, findings_))
		schema_.type = *type;
}

void SchemaReader::read_format(const Value& value, const std::string& path) {
	const auto* format = find_word(formats, value, path, findings_);
	if (!format)
		return;
	const bool string = schema_.type == SchemaType::string;
	if (*format == SchemaFormat::path
	        ? !string
	        : !string && schema_.type != SchemaType::integer && schema_.type != SchemaType::any)
		return findings_.error(value.place, path + (*format == SchemaFormat::path
		                                                ? ": a path needs the \"type\" string"
		                                                : ": a size or a duration has the \"type\" integer or "
		                                                  "string, or none"));
	schema_.format = *format;
}

void SchemaReader::read_enum(const Value& value, const std::string& path) {
	const auto* array = read_array(value, path, findings_);
	if (!array)
		return;
	if (array->empty())
		findings_.error(value.place, path + ": expected an array of at least 1 element, found an empty one");
	for (std::size_t i = 0; i < array->size(); ++i)
		for (std::size_t j = 0; j < i; ++j)
			if (is_same_value((*array)[i], (*array)[j])) {
				findings_.error((*array)[i].place, element_path(path, i) +
				                                       ": expected each value once, " + "found " +
				                                       describe_found((*array)[i]) + " again");
				break;
			}
	schema_.allowed = *array;
	enum_path_ = path;
}

template <std::optional<Value> Schema::*bound>
void SchemaReader::read_bound(const Value& value, const std::string& path) {
	const bool natural = value.get<std::int64_t>() && *value.get<std::int64_t>() >= 0;
	if (is_quantity() && !natural)
		return expect(value, path,
		              schema_.format == SchemaFormat::size ? "a whole number of bytes"
		                                                   : "a whole number of milliseconds",
		              findings_);
	if (!value.get<std::int64_t>() && !value.get<std::uint64_t>() && !value.get<double>())
		return expect(value, path, "a number", findings_);
	schema_.*bound = value;
}

template <std::optional<std::uint64_t> Schema::*count>
void SchemaReader::read_count(const Value& value, const std::string& path) {
	const auto* number = value.get<std::int64_t>();
	if (!number || *number < 0)
		return expect(value, path, "a whole number, 0 or more", findings_);
	schema_.*count = static_cast<std::uint64_t>(*number);
}

void SchemaReader::read_items(const Value& value, const std::string& path) {
	schema_.items = std::make_shared<const Schema>(SchemaReader(path, findings_).read(value));
}

void SchemaReader::read_properties(const Value& value, const std::string& path) {
	const auto* object = value.get<Value::Object>();
	if (!object)
		return expect(value, path, "an object, {\"key\": schema, …}", findings_);
	for (const Member& member : *object)
		schema_.properties.push_back(
		    {member.key, SchemaReader(member_path(path, member.key), findings_).read(member.value)});
}

void SchemaReader::read_required(const Value& value, const std::string& path) {
	const auto* array = read_array(value, path, findings_);
	if (!array)
		return;
	for (std::size_t i = 0; i < array->size(); ++i) {
		const std::string element = element_path(path, i);
		const auto* key = read_string((*array)[i], element, findings_);
		if (!key)
			continue;
		if (std::find(schema_.required.begin(), schema_.required.end(), *key) != schema_.required.end())
			findings_.error((*array)[i].place, element + ' ' + quote(*key) + " is listed already");
		schema_.required.push_back(*key);
		required_.emplace_back(element, &(*array)[i]);
	}
}

void SchemaReader::read_additional(const Value& value, const std::string& path) {
	if (const auto* accepted = value.get<bool>()) {
		schema_.additional = *accepted ? Schema::Additional::accepted : Schema::Additional::refused;
		return;
	}
	if (!value.get<Value::Object>())
		return expect(value, path, "true, false or a schema, {…}", findings_);
	schema_.additional = Schema::Additional::checked;
	schema_.additional_schema = std::make_shared<const Schema>(SchemaReader(path, findings_).read(value));
}

void SchemaReader::check_bounds(const Value& whole) {
	const auto empty = [&](std::string_view low, std::string_view high) {
		findings_.error(whole.place,
		                path_ + ": " + std::string(low) + " is above " + std::string(high) + ": no value fits");
	};
	for (const auto* low : {&schema_.minimum, &schema_.above})
		for (const auto* high : {&schema_.maximum, &schema_.below}) {
			if (!*low || !*high)
				continue;
			const bool inclusive = low == &schema_.minimum && high == &schema_.maximum;
			const int order = compare_numbers(**low, **high);
			if (order > 0 || (order == 0 && !inclusive))
				findings_.error((*high)->place, path_ + ": the lower bound " + to_json(**low) +
				                                    " and the upper bound " + to_json(**high) +
				                                    " leave no value");
		}
	if (schema_.min_length && schema_.max_length && *schema_.min_length > *schema_.max_length)
		empty("minLength", "maxLength");
	if (schema_.min_items && schema_.max_items && *schema_.min_items > *schema_.max_items)
		empty("minItems", "maxItems");
}

void SchemaReader::check_required() {
	if (schema_.additional != Schema::Additional::refused)
		return;
	std::vector<std::string_view> names;
	for (const Schema::Property& property : schema_.properties)
		names.push_back(property.key);
	for (const auto& [path, value] : required_) {
		const std::string& key = *value->get<std::string>();
		if (std::find(names.begin(), names.end(), key) == names.end())
			findings_.error(value->place, path + ' ' + quote(key) + " is none of the properties" +
			                                  suggestion(key, names));
	}
}

// The values that the schema itself names.
void SchemaReader::check_values() {
	Schema plain = schema_;
	plain.allowed.reset();
	plain.constant.reset();
	if (schema_.allowed)
		for (std::size_t i = 0; i < schema_.allowed->size(); ++i) {
			Value copy = (*schema_.allowed)[i];
			apply_schema(plain, copy, element_path(enum_path_, i), findings_);
		}
	if (schema_.constant) {
		Value copy = *schema_.constant;
		apply_schema(plain, copy, path_ + ".const", findings_);
	}
	if (default_) {
		Value filled = *default_;
		apply_schema(schema_, filled, path_ + ".default", findings_);
		schema_.default_value = std::move(filled);
	}
}

} // namespace

std::optional<Schema> read_schema(const Value& value, std::string_view path, Findings& findings) {
	const std::size_t before = findings.errors.size();
	Schema schema = SchemaReader(std::string(path), findings).read(value);
	if (findings.errors.size() != before)
		return std::nullopt;
	return schema;
}

} // namespace tmon
