// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a schema takes, in words.
#include "host/config/schema.hpp"

#include <chrono>

namespace tmon {

namespace {

std::string show_bound(const Value& bound, SchemaFormat format) {
	const auto* number = bound.get<std::int64_t>();
	if (format == SchemaFormat::size && number)
		return format_size(static_cast<std::uint64_t>(*number));
	if (format == SchemaFormat::duration && number)
		return format_duration(std::chrono::milliseconds(*number));
	return to_json(bound);
}

std::string number_range(const Schema& schema) {
	const auto show = [&](const Value& bound) { return show_bound(bound, schema.format); };
	std::string text;
	if (schema.minimum && schema.maximum)
		text = " from " + show(*schema.minimum) + " to " + show(*schema.maximum);
	else if (schema.minimum)
		text = " of at least " + show(*schema.minimum);
	else if (schema.maximum)
		text = " of at most " + show(*schema.maximum);
	if (schema.above)
		text += " above " + show(*schema.above);
	if (schema.below)
		text += (schema.above ? " and below " : " below ") + show(*schema.below);
	return text;
}

std::string count_range(const std::optional<std::uint64_t>& least, const std::optional<std::uint64_t>& most,
                        const std::string& unit) {
	const auto counted = [&](std::uint64_t count) {
		return std::to_string(count) + ' ' + unit + (count == 1 ? "" : "s");
	};
	if (least && most)
		return *least == *most ? " of " + counted(*least)
		                       : " of " + std::to_string(*least) + " to " + counted(*most);
	if (least)
		return " of at least " + counted(*least);
	return most ? " of at most " + counted(*most) : std::string();
}

std::string one_of(const std::vector<Value>& values) {
	std::string text;
	for (std::size_t i = 0; i < values.size(); ++i)
		text += (i == 0 ? "" : i + 1 == values.size() ? " or " : ", ") + to_json(values[i]);
	return text;
}

} // namespace

std::string describe_expected(const Schema& schema) {
	if (schema.constant)
		return to_json(*schema.constant);
	if (schema.allowed)
		return one_of(*schema.allowed);
	if (schema.format == SchemaFormat::size)
		return "a size (bytes, or such as \"4M\")" + number_range(schema);
	if (schema.format == SchemaFormat::duration)
		return "a time (seconds, or such as \"10s\")" + number_range(schema);
	switch (schema.type) {
	case SchemaType::any: return "any value";
	case SchemaType::string:
		return (schema.format == SchemaFormat::path ? "the path of a file" : "a string") +
		       count_range(schema.min_length, schema.max_length, "character");
	case SchemaType::integer: return "a whole number" + number_range(schema);
	case SchemaType::number: return "a number" + number_range(schema);
	case SchemaType::boolean: return "true or false";
	case SchemaType::array: return "an array" + count_range(schema.min_items, schema.max_items, "element");
	case SchemaType::object: break;
	}
	return "an object";
}

} // namespace tmon
