// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What config.hpp needs of JSON (RFC 8259). Strict: UTF-8 only, no key twice in one object, no more than 64
// levels. Not an interface of its own: it may change with every release.
#ifndef TRAFFIC_MONITOR_JSON_HPP
#define TRAFFIC_MONITOR_JSON_HPP

#include "text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {
namespace json {

struct Value {
	enum class Kind { null, boolean, number, string, array, object };

	Kind kind = Kind::null;
	bool flag = false;
	std::string text;               // of a string
	std::vector<Value> items;       // of an array or an object
	std::vector<std::string> keys;  // of an object, one for each item
	std::size_t begin = 0, end = 0; // where it stands in the text, bytes

	const Value* find(std::string_view key) const noexcept {
		for (std::size_t i = 0; i < keys.size(); ++i)
			if (keys[i] == key)
				return &items[i];
		return nullptr;
	}
};

class Reader {
public:
	explicit Reader(std::string_view text) noexcept : text_(text) {}

	// Throws tmon::Error(TMON_E_CONFIG) with the offset of the first mistake.
	Value read() {
		Value value = read_value(0);
		skip_space();
		if (at_ != text_.size())
			fail("text behind the value");
		return value;
	}

private:
	static constexpr int most_levels = 64;

	[[noreturn]] void fail(const char* what) const {
		throw Error(TMON_E_CONFIG, "the configuration is not valid JSON: " + std::string(what) + " at byte " +
		                               std::to_string(at_));
	}
	bool done() const noexcept { return at_ == text_.size(); }
	char peek() const noexcept { return done() ? '\0' : text_[at_]; }
	bool take(char c) noexcept {
		if (done() || text_[at_] != c)
			return false;
		++at_;
		return true;
	}
	bool take(std::string_view word) noexcept {
		if (text_.substr(at_, word.size()) != word)
			return false;
		at_ += word.size();
		return true;
	}
	void skip_space() noexcept {
		while (!done() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
			++at_;
	}

	Value read_value(int level) {
		if (level > most_levels)
			fail("too many levels");
		skip_space();
		Value value;
		value.begin = at_;
		if (take('{')) {
			value.kind = Value::Kind::object;
			read_members(value, level);
		} else if (take('[')) {
			value.kind = Value::Kind::array;
			read_elements(value, level);
		} else if (peek() == '"') {
			value.kind = Value::Kind::string;
			value.text = read_string();
		} else if (take("true")) {
			value.kind = Value::Kind::boolean;
			value.flag = true;
		} else if (take("false")) {
			value.kind = Value::Kind::boolean;
		} else if (!take("null")) {
			value.kind = Value::Kind::number;
			read_number();
		}
		value.end = at_;
		return value;
	}

	void read_members(Value& object, int level) {
		skip_space();
		if (take('}'))
			return;
		do {
			skip_space();
			if (peek() != '"')
				fail("no key");
			std::string key = read_string();
			if (object.find(key) != nullptr)
				fail("a key twice");
			skip_space();
			if (!take(':'))
				fail("no ':'");
			object.items.push_back(read_value(level + 1));
			object.keys.push_back(std::move(key));
			skip_space();
		} while (take(','));
		if (!take('}'))
			fail("no ',' or '}'");
	}

	void read_elements(Value& array, int level) {
		skip_space();
		if (take(']'))
			return;
		do {
			array.items.push_back(read_value(level + 1));
			skip_space();
		} while (take(','));
		if (!take(']'))
			fail("no ',' or ']'");
	}

	static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
	void read_digits() {
		if (!is_digit(peek()))
			fail("no value");
		while (is_digit(peek()))
			++at_;
	}
	void read_number() {
		take('-');
		if (!take('0'))
			read_digits();
		if (take('.'))
			read_digits();
		if (take('e') || take('E')) {
			if (!take('+'))
				take('-');
			read_digits();
		}
	}

	std::string read_string() {
		++at_; // the quote
		std::string result;
		while (!take('"')) {
			if (done())
				fail("a string without end");
			const auto c = static_cast<unsigned char>(peek());
			if (c < 0x20)
				fail("a control character");
			if (take('\\'))
				read_escape(result);
			else if (c < 0x80)
				result += text_[at_++];
			else
				read_utf8(result);
		}
		return result;
	}

	void read_escape(std::string& result) {
		constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
		if (take('u')) {
			uint32_t point = read_hex();
			if (point >= 0xd800 && point < 0xdc00 && take("\\u")) {
				const uint32_t low = read_hex();
				if (low < 0xdc00 || low > 0xdfff)
					fail("half a surrogate pair");
				point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
			}
			if (point >= 0xd800 && point < 0xe000)
				fail("half a surrogate pair");
			append_utf8(result, point);
			return;
		}
		const std::size_t index = done() ? std::string_view::npos : names.find(peek());
		if (index == std::string_view::npos)
			fail("an unknown escape");
		result += meant[index];
		++at_;
	}

	uint32_t read_hex() {
		uint32_t value = 0;
		for (int i = 0; i < 4; ++i) {
			const char c = peek();
			const int digit = is_digit(c)            ? c - '0'
			                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
			                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
			                                         : -1;
			if (digit < 0)
				fail("no four hexadecimal digits");
			value = value * 16 + static_cast<uint32_t>(digit);
			++at_;
		}
		return value;
	}

	static void append_utf8(std::string& out, uint32_t point) {
		const auto put = [&out](uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
		if (point < 0x80) {
			put(point);
		} else if (point < 0x800) {
			put(0xc0 | point >> 6);
			put(0x80 | (point & 0x3f));
		} else if (point < 0x10000) {
			put(0xe0 | point >> 12);
			put(0x80 | (point >> 6 & 0x3f));
			put(0x80 | (point & 0x3f));
		} else {
			put(0xf0 | point >> 18);
			put(0x80 | (point >> 12 & 0x3f));
			put(0x80 | (point >> 6 & 0x3f));
			put(0x80 | (point & 0x3f));
		}
	}

	// Copies one character of more than one byte. Overlong forms, surrogates and what lies above U+10FFFF
	// are no characters.
	void read_utf8(std::string& result) {
		const auto first = static_cast<unsigned char>(peek());
		const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
		uint32_t point = first & (0xffu >> (size + 1));
		bool valid = first >= 0xc2 && first <= 0xf4 && text_.size() - at_ >= size;
		for (std::size_t i = 1; valid && i < size; ++i) {
			const auto byte = static_cast<unsigned char>(text_[at_ + i]);
			valid = (byte & 0xc0) == 0x80;
			point = point << 6 | (byte & 0x3fu);
		}
		if (!valid || (size == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) ||
		    (size == 4 && (point < 0x10000 || point > 0x10ffff)))
			fail("a byte that is not UTF-8");
		result.append(text_, at_, size);
		at_ += size;
	}

	std::string_view text_;
	std::size_t at_ = 0;
};

} // namespace json
} // namespace tmon

#endif
