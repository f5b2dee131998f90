// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/settings.hpp"

#include "host/config/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tmon {

namespace {

std::vector<std::string> split_path(std::string_view path) {
	std::vector<std::string> parts;
	for (std::size_t at = 0; at != std::string_view::npos;) {
		const std::size_t dot = path.find('.', at);
		parts.emplace_back(path.substr(at, dot - at));
		at = dot == std::string_view::npos ? dot : dot + 1;
	}
	return parts;
}

// The setting's value, all of it placed at the option; text that is not JSON stands for itself.
Value parse_value(const std::string& text, Place place, const Sources& sources, std::vector<Finding>& errors) {
	auto parsed = parse_document(text, sources, place.source);
	if (!parsed.root)
		return {place, text};
	errors = std::move(parsed.errors);
	set_place(*parsed.root, place);
	return std::move(*parsed.root);
}

std::optional<std::size_t> parse_index(const std::string& part) {
	std::size_t index = 0;
	const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), index);
	if (status != std::errc{} || end != part.data() + part.size())
		return std::nullopt;
	return index;
}

class Setter {
public:
	Setter(Place place, Value value) : place_(place), value_(std::move(value)) {}

	// Descends by parts[at…]; an empty result says that it is done.
	std::string set(Value& target, const std::vector<std::string>& parts, std::size_t at) {
		if (at == parts.size()) {
			target = std::move(value_);
			return {};
		}
		if (auto* object = target.get<Value::Object>())
			return set_member(*object, parts, at);
		if (auto* array = target.get<Value::Array>())
			return set_element(*array, parts, at);
		return joined(parts, at) + " is neither an object nor an array";
	}

private:
	static std::string joined(const std::vector<std::string>& parts, std::size_t count) {
		std::string path;
		for (std::size_t i = 0; i < count; ++i)
			path += (i ? "." : "") + parts[i];
		return count ? quote(path) : "the configuration";
	}

	std::string set_member(Value::Object& object, const std::vector<std::string>& parts, std::size_t at) {
		const auto member =
		    std::find_if(object.begin(), object.end(), [&](const Member& m) { return m.key == parts[at]; });
		if (member != object.end())
			return set(member->value, parts, at + 1);
		Value made{place_, Value::Object{}};
		if (auto error = set(made, parts, at + 1); !error.empty())
			return error;
		object.push_back({parts[at], place_, std::move(made)});
		return {};
	}

	std::string set_element(Value::Array& array, const std::vector<std::string>& parts, std::size_t at) {
		const auto index = parse_index(parts[at]);
		if (!index || *index > array.size())
			return joined(parts, at) + " has " + std::to_string(array.size()) +
			       " elements: " + quote(parts[at]) +
			       " is none of their indices (from 0), nor the next one";
		if (*index < array.size())
			return set(array[*index], parts, at + 1);
		Value made{place_, Value::Object{}};
		if (auto error = set(made, parts, at + 1); !error.empty())
			return error;
		array.push_back(std::move(made));
		return {};
	}

	Place place_;
	Value value_;
};

} // namespace

std::vector<Finding> apply_setting(Value& root, const Setting& setting, Sources& sources) {
	const Place place{sources.add_option("--set " + setting.path), 0};
	std::vector<Finding> errors;
	Value value = parse_value(setting.value, place, sources, errors);
	const auto parts = split_path(setting.path);
	if (!is_utf8(setting.path) || !is_utf8(setting.value))
		errors.push_back({place, "invalid UTF-8 in " + quote(is_utf8(setting.path) ? setting.value : setting.path)});
	else if (std::find(parts.begin(), parts.end(), std::string()) != parts.end())
		errors.push_back({place, "a part of the path is empty: write it as in ring.size=8M"});
	else if (parts.size() > max_document_depth)
		errors.push_back({place, "the path has more than " + std::to_string(max_document_depth) + " parts"});
	if (!errors.empty())
		return errors;
	if (auto error = Setter(place, std::move(value)).set(root, parts, 0); !error.empty())
		errors.push_back({place, std::move(error)});
	return errors;
}

} // namespace tmon
