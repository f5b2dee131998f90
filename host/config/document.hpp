// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tmon {

inline constexpr std::size_t max_document_depth = 32;
inline constexpr std::size_t max_document_bytes = 256u << 20;

struct Member;

// A JSON value that knows where it was written.
struct Value {
	using Array = std::vector<Value>;
	using Object = std::vector<Member>; // in the order of the text, keys unique

	Place place;
	std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data;

	template <class T>
	const T* get() const {
		return std::get_if<T>(&data);
	}
	template <class T>
	T* get() {
		return std::get_if<T>(&data);
	}
};

struct Member {
	std::string key;
	Place place; // of the key
	Value value;
};

struct Finding {
	Place place;
	std::string message;
};

struct ParsedDocument {
	std::optional<Value> root; // empty when the syntax is wrong
	std::vector<Finding> errors;
};

// Parses strict JSON (RFC 8259). After an error of syntax nothing more is looked at; keys given twice are
// all reported, and the first of them is kept. `source` is the number of `text` in `sources`.
ParsedDocument parse_document(std::string_view text, const Sources& sources, std::uint32_t source = 0);

// Places the value and all that is in it at `place`.
void set_place(Value& value, Place place);

// Compact JSON text.
std::string to_json(const Value& value);

} // namespace tmon
