// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/config.hpp"

#include "traffic_monitor/plugin.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <numeric>

namespace tmon::plugins {

namespace json = boost::json;

namespace {

json::object parse_object(std::string_view text, std::vector<std::string>& problems) {
	json::error_code error;
	json::value value = json::parse(text, error);
	if (error)
		problems.push_back("the configuration is not JSON: " + error.message());
	else if (!value.is_object())
		problems.push_back("the configuration must be a JSON object");
	else
		return std::move(value.get_object());
	return {};
}

// Insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
	std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
	std::iota(last.begin(), last.end(), std::size_t{0});
	for (std::size_t i = 1; i <= a.size(); ++i) {
		row[0] = i;
		for (std::size_t j = 1; j <= b.size(); ++j) {
			row[j] =
			    std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = std::min(row[j], before_last[j - 2] + 1);
		}
		before_last = last;
		last = row;
	}
	return last.back();
}

} // namespace

std::string_view closest(std::string_view word, const std::vector<std::string>& candidates) {
	if (word.size() > 64) // no key is that long, and the effort grows with it
		return {};
	std::string_view best;
	std::size_t best_distance = 4;
	for (const std::string& candidate : candidates) {
		const std::size_t distance = edit_distance(word, candidate);
		if (distance < best_distance && distance <= 1 + candidate.size() / 4) {
			best = candidate;
			best_distance = distance;
		}
	}
	return best;
}

Config::Config(std::string_view text) : problems_(own_problems_) { object_ = parse_object(text, problems_); }

Config::Config(Config& parent, std::string_view key, json::object object)
    : object_(std::move(object)), path_(parent.path_ + std::string(key) + "."), problems_(parent.problems_) {}

const json::value* Config::find(std::string_view key) const { return object_.if_contains(key); }

const json::value* Config::ask(std::string_view key) {
	known_.emplace_back(key);
	return find(key);
}

std::string Config::quoted(std::string_view key) const {
	return json::serialize(json::string(path_ + std::string(key)));
}

void Config::problem(const std::string& text) { problems_.push_back(text); }

void Config::expected(std::string_view key, std::string_view what, const json::value& found) {
	std::string shown = json::serialize(found);
	if (shown.size() > 60)
		shown = found.is_object() ? "an object" : found.is_array() ? "an array" : "a long text";
	problem(quoted(key) + " must be " + std::string(what) + ", not " + shown);
}

bool Config::flag(std::string_view key, bool otherwise) {
	const json::value* value = ask(key);
	if (value == nullptr)
		return otherwise;
	if (value->is_bool())
		return value->get_bool();
	expected(key, "true or false", *value);
	return otherwise;
}

uint64_t Config::number(std::string_view key, uint64_t otherwise, uint64_t least, uint64_t most) {
	const json::value* value = ask(key);
	if (value == nullptr)
		return otherwise;
	std::optional<uint64_t> number;
	if (value->is_uint64())
		number = value->get_uint64();
	else if (value->is_int64() && value->get_int64() >= 0)
		number = static_cast<uint64_t>(value->get_int64());
	if (number && *number >= least && *number <= most)
		return *number;
	expected(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), *value);
	return otherwise;
}

std::string Config::text(std::string_view key, std::string_view otherwise) {
	const json::value* value = ask(key);
	if (value == nullptr)
		return std::string(otherwise);
	if (value->is_string() && !value->get_string().empty())
		return std::string(value->get_string());
	expected(key, "a text that is not empty", *value);
	return std::string(otherwise);
}

std::string Config::required_text(std::string_view key) {
	if (find(key) == nullptr)
		problem(quoted(key) + " is missing");
	return text(key, "");
}

std::size_t Config::choice(std::string_view key, std::size_t otherwise,
                           std::initializer_list<std::string_view> choices) {
	const json::value* value = ask(key);
	if (value == nullptr)
		return otherwise;
	const auto found = value->is_string()
	                       ? std::find(choices.begin(), choices.end(), std::string_view(value->get_string()))
	                       : choices.end();
	if (found != choices.end())
		return static_cast<std::size_t>(found - choices.begin());
	std::string what = "one of";
	for (const std::string_view choice : choices)
		what += (what.size() == 6 ? " \"" : ", \"") + std::string(choice) + "\"";
	expected(key, what, *value);
	return otherwise;
}

Config& Config::section(std::string_view key) {
	const json::value* value = ask(key);
	if (value != nullptr && !value->is_object())
		expected(key, "an object", *value);
	const bool usable = value != nullptr && value->is_object();
	sections_.push_back(
	    std::unique_ptr<Config>(new Config(*this, key, usable ? value->get_object() : json::object())));
	return *sections_.back();
}

void Config::check_unknown() {
	for (const auto& [key, value] : object_) {
		const std::string_view name = key;
		if (std::find(known_.begin(), known_.end(), name) != known_.end())
			continue;
		const std::string_view meant = closest(name, known_);
		problem("unknown key " + quoted(name) +
		        (meant.empty() ? "" : " (did you mean \"" + std::string(meant) + "\"?)"));
	}
	for (const auto& section : sections_)
		section->check_unknown();
}

void Config::finish() {
	check_unknown();
	if (problems_.empty())
		return;
	std::string text;
	for (const std::string& problem : problems_)
		text += (text.empty() ? "" : "; ") + problem;
	throw Error(TMON_E_CONFIG, text);
}

} // namespace tmon::plugins
