// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/sections.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tmon {

namespace {

struct Entry {
	PolicyEntry permitted;
	Place place;
	std::size_t index;
};

std::optional<Prefix> read_prefix(const Value& value, const std::string& path, Findings& findings) {
	const auto* text = read_string(value, path, findings);
	if (!text)
		return std::nullopt;
	auto parsed = parse_prefix(*text);
	if (auto* error = std::get_if<PrefixError>(&parsed)) {
		findings.error(value.place, path + ' ' + quote(*text) + ": " + error->message);
		return std::nullopt;
	}
	return std::get<Prefix>(parsed);
}

std::string read_entry_name(const Value& value, const std::string& path, Findings& findings) {
	const auto* name = read_string(value, path, findings);
	if (!name)
		return {};
	const bool control =
	    std::any_of(name->begin(), name->end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
	if (name->empty() || name->size() > 64 || control)
		findings.error(value.place,
			       path + ' ' + quote(*name) + ": a name has 1 to 64 bytes and no control characters");
	return *name;
}

void report_duplicates(const std::vector<Entry>& entries, Findings& findings) {
	std::vector<std::size_t> order(entries.size());
	std::iota(order.begin(), order.end(), std::size_t{0});
	std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
		return entries[a].permitted.prefix < entries[b].permitted.prefix;
	});
	for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
		const Entry& entry = entries[order[i]];
		const Entry& earlier = entries[order[first]];
		if (entry.permitted.prefix != earlier.permitted.prefix) {
			first = i;
			continue;
		}
		findings.error(entry.place, element_path("permitted_cidrs", entry.index) + ' ' +
						quote(to_string(entry.permitted.prefix)) + ": duplicate of " +
						element_path("permitted_cidrs", earlier.index) + " at " +
						findings.sources.describe(earlier.place));
	}
}

} // namespace

std::vector<PolicyEntry> read_permitted(const Value& value, Findings& findings) {
	const auto* list = read_array(value, "permitted_cidrs", findings);
	if (!list)
		return {};
	std::vector<Entry> entries;
	entries.reserve(list->size());
	for (std::size_t i = 0; i < list->size(); ++i) {
		const Value& element = (*list)[i];
		const std::string path = element_path("permitted_cidrs", i);
		std::optional<Prefix> prefix;
		std::string name;
		Place place = element.place;
		if (element.get<Value::Object>())
			read_object(
			    element, path,
			    {{"cidr",
			      [&](const Value& v) {
				      place = v.place;
				      prefix = read_prefix(v, path + ".cidr", findings);
			      },
			      true},
			     {"name", [&](const Value& v) { name = read_entry_name(v, path + ".name", findings); }}},
			    findings);
		else if (element.get<std::string>())
			prefix = read_prefix(element, path, findings);
		else
			expect(element, path, R"(a string or {"cidr": …, "name": …})", findings);
		if (prefix)
			entries.push_back({{*prefix, EntryClass::permitted, std::move(name), {}}, place, i});
	}
	report_duplicates(entries, findings);
	std::vector<PolicyEntry> permitted;
	permitted.reserve(entries.size());
	for (Entry& entry : entries)
		permitted.push_back(std::move(entry.permitted));
	return permitted;
}

} // namespace tmon
