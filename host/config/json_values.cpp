// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/json_values.hpp"

#include <cmath>
#include <cstdint>
#include <map>

namespace tmon {

namespace {

// Every double and every 64-bit integer that a document can hold has a value of its own in it.
long double as_number(const Value& value) {
	if (const auto* number = value.get<std::int64_t>())
		return static_cast<long double>(*number);
	if (const auto* number = value.get<std::uint64_t>())
		return static_cast<long double>(*number);
	const auto* number = value.get<double>();
	return number ? static_cast<long double>(*number) : 0;
}

} // namespace

bool is_number(const Value& value) {
	return value.get<std::int64_t>() || value.get<std::uint64_t>() || value.get<double>();
}

bool make_integer(Value& value) {
	if (value.get<std::int64_t>() || value.get<std::uint64_t>())
		return true;
	constexpr double exact = 9007199254740992.0; // 2^53
	const auto* number = value.get<double>();
	if (!number || std::trunc(*number) != *number || std::abs(*number) > exact)
		return false;
	value.data = static_cast<std::int64_t>(*number);
	return true;
}

std::string canonical_text(const Value& value) {
	if (const auto* array = value.get<Value::Array>()) {
		std::string text = "[";
		for (const Value& element : *array)
			text += canonical_text(element) + ',';
		return text + ']';
	}
	if (const auto* object = value.get<Value::Object>()) {
		std::map<std::string, std::string> sorted;
		for (const Member& member : *object)
			sorted.emplace(to_json({{}, member.key}), canonical_text(member.value));
		std::string text = "{";
		for (const auto& [key, member] : sorted)
			text += key + ':' + member + ',';
		return text + '}';
	}
	Value number = value;
	make_integer(number);
	return to_json(number);
}

int compare_numbers(const Value& a, const Value& b) {
	const long double left = as_number(a), right = as_number(b);
	return left < right ? -1 : left > right ? 1 : 0;
}

bool is_same_value(const Value& a, const Value& b) { return canonical_text(a) == canonical_text(b); }

} // namespace tmon
