// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/document.hpp"

#include "host/config/syntax_error.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

namespace tmon {

namespace {

namespace json = boost::json;

// Builds the tree from the parser's events. These carry no positions: the parser is given one byte, or a run of bytes
// that are all alike to it, at a time, and `state` says at each event which token the byte ended.
class TreeBuilder {
public:
	static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
	static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
	static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
	static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

	SyntaxState state;
	ParsedDocument result;

	void before_byte(std::size_t offset);
	void after_byte();

	// How many bytes from this one on can be handed over at a time: no event can come within them, and if one is
	// refused it is the first.
	std::size_t run_length() const;

	bool on_document_begin(json::error_code&) { return true; }
	bool on_document_end(json::error_code&) { return true; }
	bool on_array_begin(json::error_code&) { return open(Value::Array{}, '['); }
	bool on_array_end(std::size_t, json::error_code&) { return close(); }
	bool on_object_begin(json::error_code&) { return open(Value::Object{}, '{'); }
	bool on_object_end(std::size_t, json::error_code&) {
		drop_duplicates(*open_.back().value.get<Value::Object>());
		return close();
	}
	bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return collect(part); }
	bool on_string(json::string_view part, std::size_t, json::error_code&) {
		collect(part);
		return add(std::exchange(string_, {}));
	}
	bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return collect(part); }
	bool on_key(json::string_view part, std::size_t, json::error_code&) {
		collect(part);
		open_.back().key = std::exchange(string_, {});
		open_.back().key_place = state.place(state.token_start);
		state.after = SyntaxState::After::key;
		return true;
	}
	bool on_number_part(json::string_view, json::error_code&) { return true; }
	bool on_int64(std::int64_t number, json::string_view, json::error_code&) { return add(number); }
	bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) { return add(number); }
	bool on_double(double number, json::string_view, json::error_code& error);
	bool on_bool(bool value, json::error_code&) { return add(value); }
	bool on_null(json::error_code&) { return add(nullptr); }
	bool on_comment_part(json::string_view, json::error_code&) { return false; }
	bool on_comment(json::string_view, json::error_code&) { return false; }

private:
	struct Container {
		Value value;
		char bracket;
		std::string key;
		Place key_place;
	};

	bool collect(json::string_view part) {
		string_.append(part.data(), part.size());
		return true;
	}
	template <class T>
	bool add(T data) {
		Value value{state.place(state.token_start), {}};
		value.data.template emplace<T>(std::move(data));
		return add_value(std::move(value));
	}
	bool add_value(Value value);
	template <class T>
	bool open(T empty, char bracket);
	bool close();
	void drop_duplicates(Value::Object& object);
	void show_innermost();

	std::vector<Container> open_;
	std::string string_;
	bool escaped_ = false;
};

void TreeBuilder::before_byte(std::size_t offset) {
	const char c = state.text[offset];
	state.offset = offset;
	if (state.token == SyntaxState::Token::string)
		return;
	const bool delimiter = std::string_view(" \t\r\n,:[]{}\"").find(c) != std::string_view::npos;
	if (state.token == SyntaxState::Token::word && delimiter)
		state.token = SyntaxState::Token::none;
	else if (state.token != SyntaxState::Token::none)
		return;
	if (c == '"')
		state.token = SyntaxState::Token::string;
	else if (!delimiter)
		state.token = SyntaxState::Token::word;
	if (c == '{' || c == '[' || state.token != SyntaxState::Token::none) {
		state.token_start = offset;
		escaped_ = false;
	}
}

std::size_t TreeBuilder::run_length() const {
	const std::string_view text = state.text;
	std::size_t end = state.offset + 1;
	if (state.token == SyntaxState::Token::string && state.offset == state.token_start + 1) {
		// Up to the first escape; behind that, what a byte means depends on more than itself.
		const auto plain = [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; };
		if (plain(text[state.offset]))
			while (end < text.size() && plain(text[end]))
				++end;
	} else if (state.token == SyntaxState::Token::none) {
		const auto space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
		if (space(text[state.offset]))
			while (end < text.size() && space(text[end]))
				++end;
	}
	return end - state.offset;
}

void TreeBuilder::after_byte() {
	const char c = state.text[state.offset];
	if (state.token == SyntaxState::Token::string) {
		if (state.offset == state.token_start || escaped_)
			escaped_ = false;
		else if (c == '\\')
			escaped_ = true;
		else if (c == '"')
			state.token = SyntaxState::Token::none;
	} else if (state.token == SyntaxState::Token::none) {
		if (c == ',') {
			state.after = SyntaxState::After::comma;
			state.comma = state.offset;
		} else if (c == ':') {
			state.after = SyntaxState::After::colon;
		}
	}
}

bool TreeBuilder::on_double(double number, json::string_view, json::error_code& error) {
	// The parser's own conversion is not exact to the last bit; and "1e999" has no value here.
	const char* first = state.text.data() + state.token_start;
	const char* last = state.text.data() + state.offset;
	std::from_chars(first, last, number);
	if (std::isfinite(number))
		return add(number);
	error = json::error::exponent_overflow;
	return false;
}

bool TreeBuilder::add_value(Value value) {
	state.after = SyntaxState::After::value;
	if (open_.empty())
		result.root = std::move(value);
	else if (auto* array = open_.back().value.get<Value::Array>())
		array->push_back(std::move(value));
	else
		open_.back().value.get<Value::Object>()->push_back(
		    {std::exchange(open_.back().key, {}), open_.back().key_place, std::move(value)});
	return true;
}

template <class T>
bool TreeBuilder::open(T empty, char bracket) {
	open_.push_back({{state.place(state.token_start), std::move(empty)}, bracket, {}, {}});
	state.after = SyntaxState::After::open;
	show_innermost();
	return true;
}

bool TreeBuilder::close() {
	Value value = std::move(open_.back().value);
	open_.pop_back();
	show_innermost();
	return add_value(std::move(value));
}

void TreeBuilder::show_innermost() {
	state.container = open_.empty() ? '\0' : open_.back().bracket;
	state.container_start = open_.empty() ? 0 : open_.back().value.place.offset;
}

void TreeBuilder::drop_duplicates(Value::Object& object) {
	std::vector<std::size_t> order(object.size());
	std::iota(order.begin(), order.end(), std::size_t{0});
	std::stable_sort(order.begin(), order.end(),
			 [&](std::size_t a, std::size_t b) { return object[a].key < object[b].key; });
	std::vector<bool> dropped(object.size());
	bool any = false;
	for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
		const Member& member = object[order[i]];
		if (object[order[first]].key != member.key) {
			first = i;
			continue;
		}
		result.errors.push_back({member.place, "duplicate key " + quote(member.key) +
							   ": it is already given at " +
							   state.sources->describe(object[order[first]].place)});
		any = dropped[order[i]] = true;
	}
	if (!any)
		return;
	Value::Object kept;
	for (std::size_t i = 0; i < object.size(); ++i)
		if (!dropped[i])
			kept.push_back(std::move(object[i]));
	object = std::move(kept);
}

void append_json(std::string& out, const Value& value);

struct JsonWriter {
	std::string& out;

	void operator()(std::nullptr_t) const { out += "null"; }
	void operator()(bool value) const { out += value ? "true" : "false"; }
	void operator()(std::int64_t value) const { out += std::to_string(value); }
	void operator()(std::uint64_t value) const { out += std::to_string(value); }
	void operator()(double value) const {
		char digits[32];
		const std::string_view text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
		out += text;
		// Stays what it was, a number with a fraction.
		if (text.find_first_of(".e") == std::string_view::npos)
			out += ".0";
	}
	void operator()(const std::string& value) const { out += json::serialize(json::string_view(value)); }
	void operator()(const Value::Array& array) const {
		out += '[';
		for (const Value& element : array) {
			if (&element != array.data())
				out += ',';
			append_json(out, element);
		}
		out += ']';
	}
	void operator()(const Value::Object& object) const {
		out += '{';
		for (const Member& member : object) {
			if (&member != object.data())
				out += ',';
			(*this)(member.key);
			out += ':';
			append_json(out, member.value);
		}
		out += '}';
	}
};

void append_json(std::string& out, const Value& value) { std::visit(JsonWriter{out}, value.data); }

} // namespace

ParsedDocument parse_document(std::string_view text, const Sources& sources, std::uint32_t source) {
	if (text.size() > max_document_bytes)
		return {
		    std::nullopt,
		    {{{source, 0},
		      "larger than " + std::to_string(max_document_bytes >> 20) + " MiB: is this the right file?"}}};
	json::parse_options options;
	options.max_depth = max_document_depth;
	json::basic_parser<TreeBuilder> parser(options);
	TreeBuilder& builder = parser.handler();
	builder.state.text = text;
	builder.state.sources = &sources;
	builder.state.source = source;

	json::error_code error;
	for (std::size_t i = 0, run = 0; i < text.size() && !error; i += run) {
		builder.before_byte(i);
		run = builder.run_length();
		// What follows the document is left unread, not refused, by the parser.
		if (parser.write_some(true, &text[i], run, error) == 0 && !error)
			error = json::error::extra_data;
		if (!error)
			builder.after_byte();
	}
	if (!error) {
		builder.state.offset = text.size();
		parser.write_some(false, text.data(), 0, error);
	}
	if (error) {
		builder.result.root.reset();
		builder.result.errors.push_back(explain_syntax_error(builder.state, error));
	}
	return std::move(builder.result);
}

void set_place(Value& value, Place place) {
	value.place = place;
	if (auto* array = value.get<Value::Array>())
		for (Value& element : *array)
			set_place(element, place);
	if (auto* object = value.get<Value::Object>())
		for (Member& member : *object) {
			member.place = place;
			set_place(member.value, place);
		}
}

std::string to_json(const Value& value) {
	std::string out;
	append_json(out, value);
	return out;
}

} // namespace tmon
