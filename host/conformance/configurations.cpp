// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/configurations.hpp"

#include "host/config/json_values.hpp"

#include <algorithm>
#include <cmath>

namespace tmon {

namespace {

constexpr uint64_t kMostElements = 4; // beyond what the schema demands

double number_of(const Value& value) {
	if (const auto* whole = value.get<std::int64_t>())
		return static_cast<double>(*whole);
	if (const auto* large = value.get<std::uint64_t>())
		return static_cast<double>(*large);
	const auto* real = value.get<double>();
	return real ? *real : 0;
}

class Maker {
public:
	Maker(const std::string& stem, Random* random) : stem_(stem), random_(random) {}

	Value make(const Schema& schema, const std::string& key) {
		if (schema.constant)
			return *schema.constant;
		if (schema.allowed)
			return (*schema.allowed)[pick(schema.allowed->size())];
		switch (schema.type) {
		case SchemaType::boolean: return Value{{}, random_ != nullptr && random_->one_in(2)};
		case SchemaType::array: return make_array(schema, key);
		case SchemaType::object: return make_object(schema);
		case SchemaType::integer:
		case SchemaType::number: return make_number(schema);
		case SchemaType::string:
		case SchemaType::any: break;
		}
		if (schema.format == SchemaFormat::size || schema.format == SchemaFormat::duration)
			return make_number(schema);
		return make_string(schema, key);
	}

private:
	uint64_t pick(uint64_t count) { return random_ ? random_->below(count) : 0; }

	// Within the bounds; where there is a choice, at them or near.
	Value make_number(const Schema& schema) {
		const bool whole = schema.type != SchemaType::number || schema.format != SchemaFormat::none;
		double low = -1e3, high = 1e3;
		if (schema.minimum || schema.above)
			low = std::max(schema.minimum ? number_of(*schema.minimum) : -INFINITY,
			               schema.above ? number_of(*schema.above) + (whole ? 1 : 1e-6) : -INFINITY);
		else if (schema.format != SchemaFormat::none)
			low = 0;
		if (schema.maximum || schema.below)
			high = std::min(schema.maximum ? number_of(*schema.maximum) : INFINITY,
			                schema.below ? number_of(*schema.below) - (whole ? 1 : 1e-6) : INFINITY);
		else
			high = std::max(high, low + 1e3);
		if (!schema.minimum && !schema.above)
			low = std::min(low, high);
		if (whole) {
			low = std::ceil(low);
			high = std::floor(high);
		}
		double number = low;
		if (random_ && !random_->one_in(3))
			number = random_->one_in(3) ? high : low + std::floor((high - low) * static_cast<double>(random_->below(1000)) / 1000);
		if (schema.format == SchemaFormat::duration)
			return Value{{}, std::to_string(static_cast<std::int64_t>(number)) + "ms"};
		if (whole)
			return Value{{}, static_cast<std::int64_t>(std::clamp(number, -9e18, 9e18))};
		return Value{{}, number};
	}

	Value make_string(const Schema& schema, const std::string& key) {
		if (schema.format == SchemaFormat::path || key == "file" || key.ends_with("_file"))
			return Value{{}, stem_ + std::to_string(++files_)};
		const uint64_t least = schema.min_length.value_or(0);
		const uint64_t most = std::min(schema.max_length.value_or(least + 16), least + 16);
		std::string text(static_cast<std::size_t>(least + pick(most - least + 1)), 'a');
		for (char& c : text)
			c = static_cast<char>('a' + pick(26));
		return Value{{}, std::move(text)};
	}

	Value make_array(const Schema& schema, const std::string& key) {
		const uint64_t least = schema.min_items.value_or(0);
		const uint64_t count = least + pick(std::min(schema.max_items.value_or(least + kMostElements), least + kMostElements) - least + 1);
		Value::Array elements;
		std::vector<std::string> seen;
		for (uint64_t attempt = 0; elements.size() < count && attempt < 20 * count; ++attempt) {
			Value element = schema.items ? make(*schema.items, key) : Value{{}, static_cast<std::int64_t>(elements.size())};
			if (schema.unique_items) {
				if (!random_)
					vary(element, attempt);
				const std::string text = canonical_text(element);
				if (std::find(seen.begin(), seen.end(), text) != seen.end())
					continue;
				seen.push_back(text);
			}
			elements.push_back(std::move(element));
		}
		return Value{{}, std::move(elements)};
	}
	static void vary(Value& element, uint64_t by) {
		if (auto* number = element.get<std::int64_t>())
			*number += static_cast<std::int64_t>(by);
		else if (auto* text = element.get<std::string>(); text && !text->empty())
			text->back() = static_cast<char>('a' + by % 26);
	}

	Value make_object(const Schema& schema) {
		Value::Object members;
		for (const Schema::Property& property : schema.properties) {
			const bool required =
			    std::find(schema.required.begin(), schema.required.end(), property.key) != schema.required.end();
			if (required ? !property.schema.default_value || (random_ && random_->one_in(2)) : random_ && random_->one_in(2))
				members.push_back({property.key, {}, make(property.schema, property.key)});
		}
		return Value{{}, std::move(members)};
	}

	const std::string& stem_;
	Random* random_;
	int files_ = 0;
};

// The wrong values for one place.
std::vector<std::pair<std::string, Value>> wrong_values(const Schema& schema) {
	std::vector<std::pair<std::string, Value>> wrong;
	const auto add = [&](const std::string& what, auto value) { wrong.emplace_back(what, Value{{}, std::move(value)}); };
	if (schema.constant || schema.allowed) {
		add("none of those listed", std::string("\x7f"));
		return wrong;
	}
	if (schema.type == SchemaType::any && schema.format == SchemaFormat::none)
		return wrong; // there are none
	add("null", nullptr);
	if (schema.type != SchemaType::object)
		add("an object", Value::Object{});
	if (schema.type != SchemaType::array)
		add("an array", Value::Array{});
	if (schema.type != SchemaType::boolean)
		add("true", true);
	if (schema.type != SchemaType::string && schema.format == SchemaFormat::none)
		add("a string", std::string("x"));
	if (schema.type == SchemaType::string && schema.format == SchemaFormat::none)
		add("a number", std::int64_t{7});
	if (schema.type == SchemaType::integer)
		add("a fraction", 0.5);
	const auto add_number = [&](const char* what, double number) {
		if (schema.format == SchemaFormat::duration)
			add(what, std::to_string(static_cast<std::int64_t>(number)) + "ms"); // a bare number is in seconds
		else
			add(what, number);
	};
	if (schema.minimum)
		add_number("below its minimum", number_of(*schema.minimum) - 1);
	if (schema.maximum)
		add_number("above its maximum", number_of(*schema.maximum) + 1);
	if (schema.min_length && *schema.min_length > 0)
		add("too short", std::string());
	if (schema.max_length && *schema.max_length < 1u << 16)
		add("too long", std::string(static_cast<std::size_t>(*schema.max_length) + 1, 'x'));
	if (schema.max_items && *schema.max_items < 1u << 12)
		add("too many elements", Value::Array(static_cast<std::size_t>(*schema.max_items) + 1, Value{{}, std::int64_t{1}}));
	return wrong;
}

void add_wrong(const Schema& schema, const Value& whole, const std::vector<std::string>& path,
               std::vector<WrongConfiguration>& all) {
	// `whole` with something done to the object at `path`.
	const auto with = [&](const std::string& what, const auto& change) {
		Value copy = whole;
		Value* at = &copy;
		for (const std::string& key : path) {
			auto& members = *at->get<Value::Object>();
			auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
			if (found == members.end()) {
				members.push_back({key, {}, Value{{}, Value::Object{}}});
				found = std::prev(members.end());
			}
			at = &found->value;
		}
		change(*at->get<Value::Object>());
		all.push_back({what, std::move(copy)});
	};
	std::string place;
	for (const std::string& key : path)
		place += key + '.';
	const auto without = [](Value::Object& members, const std::string& key) {
		std::erase_if(members, [&](const Member& member) { return member.key == key; });
	};
	if (schema.additional == Schema::Additional::refused)
		with(place + "unknown-key is no key of it", [](Value::Object& members) {
			members.push_back({"unknown-key", {}, Value{{}, std::int64_t{1}}});
		});
	for (const std::string& key : schema.required) {
		const bool has_default = std::any_of(schema.properties.begin(), schema.properties.end(), [&](const auto& property) {
			return property.key == key && property.schema.default_value;
		});
		if (!has_default)
			with(place + key + " is missing", [&](Value::Object& members) { without(members, key); });
	}
	for (const Schema::Property& property : schema.properties) {
		for (const auto& [what, value] : wrong_values(property.schema))
			with(place + property.key + " is " + what, [&, &value = value](Value::Object& members) {
				without(members, property.key);
				members.push_back({property.key, {}, value});
			});
		if (property.schema.type == SchemaType::object && path.size() < 4) {
			auto below = path;
			below.push_back(property.key);
			add_wrong(property.schema, whole, below, all);
		}
	}
}

} // namespace

Value make_configuration(const Schema& schema, const std::string& stem, Random* random) {
	Value value = Maker(stem, random).make(schema, "");
	if (!value.get<Value::Object>())
		value.data = Value::Object{};
	return value;
}

std::vector<std::string> hold_against(const Schema& schema, Value& value) {
	const Sources sources("config", "");
	Findings findings{sources, {}, {}};
	apply_schema(schema, value, "config", findings);
	std::vector<std::string> reasons;
	for (const Finding& finding : findings.errors)
		reasons.push_back(finding.message);
	return reasons;
}

std::vector<WrongConfiguration> make_wrong(const Schema& schema, const Value& sound) {
	std::vector<WrongConfiguration> all;
	add_wrong(schema, sound, {}, all);
	return all;
}

} // namespace tmon
