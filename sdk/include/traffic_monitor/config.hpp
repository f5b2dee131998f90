// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The configuration of a plugin, read from the JSON object that create receives. The host has checked it
// against the schema in the manifest and has filled in its defaults, so a plugin asks for what it needs:
//
//     const uint64_t ports = config().number("ports");
//     const double ratio = config().number<double>("ratio");
//     const bool quiet = config().section("output").flag("quiet");
//
// A getter throws tmon::Error(TMON_E_CONFIG) that names the key when the value is absent or of another
// type; with a second argument it gives that when the value is absent.
#ifndef TRAFFIC_MONITOR_CONFIG_HPP
#define TRAFFIC_MONITOR_CONFIG_HPP

#include "json.hpp"
#include "text.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tmon {

// One object of the configuration. Cheap to copy; the copies share the text.
class Config {
public:
	// Throws tmon::Error(TMON_E_CONFIG) where the text is not one JSON object.
	explicit Config(std::string_view text) {
		// Not make_shared: it brings a symbol of the kind that keeps a shared object loaded after dlclose.
		std::shared_ptr<Document> document(new Document);
		document->text = std::string(text);
		document->root = json::Reader(document->text).read();
		if (document->root.kind != json::Value::Kind::object)
			throw Error(TMON_E_CONFIG, "the configuration must be a JSON object");
		object_ = &document->root;
		document_ = std::move(document);
	}

	bool has(std::string_view key) const noexcept { return object_->find(key) != nullptr; }
	std::vector<std::string> keys() const { return object_->keys; }

	// This object as JSON text.
	std::string_view json() const noexcept { return text_of(*object_); }

	bool flag(std::string_view key) const { return to_flag(need(key), name(key)); }
	bool flag(std::string_view key, bool otherwise) const { return has(key) ? flag(key) : otherwise; }

	// Whole where T is; within the bounds of T.
	template <class T = uint64_t>
	T number(std::string_view key) const {
		return to_number<T>(need(key), name(key));
	}
	template <class T = uint64_t>
	T number(std::string_view key, std::common_type_t<T> otherwise) const { // T is not to be what a literal is
		return has(key) ? number<T>(key) : otherwise;
	}

	std::string text(std::string_view key) const { return to_text(need(key), name(key)); }
	std::string text(std::string_view key, std::string_view otherwise) const {
		return has(key) ? text(key) : std::string(otherwise);
	}

	// The object under `key`.
	Config section(std::string_view key) const { return to_section(need(key), name(key)); }
	// Likewise; an empty one where it is absent.
	Config section_or_empty(std::string_view key) const {
		return has(key) ? section(key) : Config("{}", name(key));
	}

	// The elements of the array under `key`.
	std::vector<std::string> texts(std::string_view key) const {
		return array<std::string>(
		    key, [this](const auto& value, const auto& where) { return this->to_text(value, where); });
	}
	template <class T = uint64_t>
	std::vector<T> numbers(std::string_view key) const {
		return array<T>(key, [this](const auto& value, const auto& where) {
			return this->template to_number<T>(value, where);
		});
	}
	std::vector<Config> sections(std::string_view key) const {
		return array<Config>(
		    key, [this](const auto& value, const auto& where) { return this->to_section(value, where); });
	}

private:
	using Value = json::Value;
	struct Document {
		std::string text;
		Value root;
	};

	Config(std::string_view text, std::string path) : Config(text) { path_ = std::move(path); }
	Config(std::shared_ptr<const Document> document, const Value& object, std::string path)
	    : document_(std::move(document)), object_(&object), path_(std::move(path)) {}

	// "port_scan.ports", as in the error messages of the host.
	std::string name(std::string_view key) const { return (path_.empty() ? "" : path_ + ".") + std::string(key); }

	std::string_view text_of(const Value& value) const noexcept {
		return std::string_view(document_->text).substr(value.begin, value.end - value.begin);
	}

	const Value& need(std::string_view key) const {
		if (const Value* value = object_->find(key))
			return *value;
		throw Error(TMON_E_CONFIG, "\"" + name(key) + "\" is missing");
	}

	[[noreturn]] void expected(const std::string& where, const std::string& what, const Value& found) const {
		const std::string_view shown = text_of(found);
		throw Error(TMON_E_CONFIG, "\"" + where + "\" must be " + what +
		                               (shown.size() > 60 ? std::string() : ", not " + std::string(shown)));
	}

	bool to_flag(const Value& value, const std::string& where) const {
		if (value.kind != Value::Kind::boolean)
			expected(where, "true or false", value);
		return value.flag;
	}

	std::string to_text(const Value& value, const std::string& where) const {
		if (value.kind != Value::Kind::string)
			expected(where, "a string", value);
		return value.text;
	}

	Config to_section(const Value& value, const std::string& where) const {
		if (value.kind != Value::Kind::object)
			expected(where, "an object", value);
		return Config(document_, value, where);
	}

	template <class T>
	T to_number(const Value& value, const std::string& where) const {
		static_assert(std::is_arithmetic<T>::value && !std::is_same<T, bool>::value, "ask for flag instead");
		const std::string_view digits = text_of(value);
		if constexpr (std::is_floating_point<T>::value) {
			if (value.kind != Value::Kind::number)
				expected(where, "a number", value);
			T result{};
			if (std::from_chars(digits.data(), digits.data() + digits.size(), result).ec != std::errc{})
				expected(where, "a number that a computer can hold", value);
			return result;
		} else {
			T result{};
			if (value.kind == Value::Kind::number && whole(digits, result))
				return result;
			expected(where,
			         "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
			             std::to_string(std::numeric_limits<T>::max()),
			         value);
		}
	}

	// JSON has one type of number: 10, 10.0 and 1e1 are the same one.
	template <class T>
	static bool whole(std::string_view digits, T& result) noexcept {
		const char* const end = digits.data() + digits.size();
		if (digits.find_first_of(".eE") == std::string_view::npos && digits != "-0")
			return std::from_chars(digits.data(), end, result).ec == std::errc{};
		double number = 0;
		if (std::from_chars(digits.data(), end, number).ec != std::errc{})
			return false;
		constexpr double exact = 9007199254740992.0; // 2^53: up to here every whole number has a double
		if (!(number >= -exact && number <= exact))
			return false;
		const auto integer = static_cast<int64_t>(number);
		if (static_cast<double>(integer) != number)
			return false;
		if constexpr (std::is_unsigned<T>::value) {
			if (integer < 0 || static_cast<uint64_t>(integer) > std::numeric_limits<T>::max())
				return false;
		} else {
			if (integer < std::numeric_limits<T>::min() || integer > std::numeric_limits<T>::max())
				return false;
		}
		result = static_cast<T>(integer);
		return true;
	}

	template <class T, class Convert>
	std::vector<T> array(std::string_view key, Convert convert) const {
		const Value& value = need(key);
		if (value.kind != Value::Kind::array)
			expected(name(key), "an array", value);
		std::vector<T> result;
		result.reserve(value.items.size());
		for (std::size_t i = 0; i < value.items.size(); ++i)
			result.push_back(convert(value.items[i], name(key) + "[" + std::to_string(i) + "]"));
		return result;
	}

	std::shared_ptr<const Document> document_;
	const Value* object_ = nullptr; // within *document_
	std::string path_;
};

} // namespace tmon

#endif
