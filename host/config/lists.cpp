// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/lists.hpp"

#include "host/config/file.hpp"
#include "host/config/list_file.hpp"
#include "host/policy/duplicates.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tmon {

namespace {

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
	if (name->empty() || name->size() > 64 || has_control_character(*name))
		findings.error(value.place,
		               path + ' ' + quote(*name) + ": a name has 1 to 64 bytes and no control characters");
	return *name;
}

std::string_view in_words(EntryClass kind) {
	return kind == EntryClass::never_drop ? "never dropped" : to_string(kind);
}

} // namespace

void ListReader::read_cidrs(const Value& value, const ListKeys& keys) {
	const auto* list = read_array(value, keys.cidrs, findings_);
	if (!list)
		return mark_held(keys.kind);
	parts_.push_back({policy_.entries.size(), std::string(keys.cidrs)});
	policy_.entries.reserve(policy_.entries.size() + list->size());
	for (std::size_t i = 0; i < list->size(); ++i)
		read_element((*list)[i], i, keys.kind);
}

void ListReader::read_element(const Value& value, std::size_t index, EntryClass kind) {
	mark_held(kind);
	// Most are right: nothing is put together for a message that is not needed.
	if (const auto* text = value.get<std::string>())
		if (const auto parsed = parse_prefix(*text); const auto* right = std::get_if<Prefix>(&parsed))
			return add(*right, kind, {}, value.place, index);
	const std::string path = element_path(keys_of(kind).cidrs, index);
	std::optional<Prefix> prefix;
	std::string name;
	Place place = value.place;
	if (value.get<Value::Object>())
		read_object(value, path,
		            {{"cidr",
		              [&](const Value& v) {
			              place = v.place;
			              prefix = read_prefix(v, path + ".cidr", findings_);
		              },
		              true},
		             {"name", [&](const Value& v) { name = read_entry_name(v, path + ".name", findings_); }}},
		            findings_);
	else if (value.get<std::string>())
		prefix = read_prefix(value, path, findings_);
	else
		expect(value, path, R"(a string or {"cidr": …, "name": …})", findings_);
	if (prefix)
		add(*prefix, kind, std::move(name), place, index);
}

void ListReader::add(const Prefix& prefix, EntryClass kind, std::string name, Place place, std::size_t index) {
	policy_.entries.push_back({prefix, kind, std::move(name), sources_.entry_place(place)});
	parts_.back().elements.push_back(static_cast<std::uint32_t>(index));
}

void ListReader::read_files(const Value& value, const ListKeys& keys) {
	const auto* list = read_array(value, keys.files, findings_);
	if (!list)
		return mark_held(keys.kind);
	for (std::size_t i = 0; i < list->size(); ++i)
		read_file((*list)[i], element_path(keys.files, i), keys.kind);
}

void ListReader::read_file(const Value& value, const std::string& element, EntryClass kind) {
	const auto refuse = [&](const std::string& name, const std::string& reason) {
		mark_held(kind);
		findings_.error(value.place, element + ' ' + quote(name) + ": " + reason);
	};
	const auto given = read_file_name(value, element, findings_);
	if (!given)
		return mark_held(kind);
	const bool on_command_line = !sources_.is_file(value.place.source);
	const std::string path = on_command_line || given->starts_with('/') ? *given : folder_ + *given;

	std::error_code not_there;
	const std::string canonical = std::filesystem::canonical(path, not_there).string();
	const auto earlier = std::find_if(files_.begin(), files_.end(), [&](const FileRead& file) {
		return !not_there && file.canonical == canonical;
	});
	if (earlier != files_.end())
		return refuse(*given, "the file is read already, for " + earlier->element + " at " +
		                          sources_.describe(earlier->place, value.place.source));
	files_.push_back({canonical, element, value.place});

	auto text = read_regular_file(path, max_list_bytes);
	if (const auto* error = std::get_if<FileError>(&text))
		return refuse(*given, error->reason + (error->not_found && path != *given
		                                           ? " (it is looked for at " + path + ')'
		                                           : std::string()));
	const std::string& content = std::get<std::string>(text);
	const std::uint32_t file = sources_.add_file(path, content);
	parts_.push_back({policy_.entries.size(), element, file});
	parse_list(content, kind, file, policy_.entries, [&](std::size_t offset, std::string message) {
		mark_held(kind);
		file_fault(file, static_cast<std::uint32_t>(offset), std::move(message));
	});
	if (policy_.entries.size() > parts_.back().first)
		mark_held(kind);
}

void ListReader::file_fault(std::uint32_t file, std::uint32_t offset, std::string message) {
	if (++faults_[file] <= max_shown_errors_of_a_list)
		findings_.error({file, offset}, std::move(message));
}

// "denied_cidrs[3]"; of an entry in a file, nothing: its place says it all.
std::string ListReader::label(std::size_t entry) const {
	const auto next = std::upper_bound(parts_.begin(), parts_.end(), entry,
	                                   [](std::size_t e, const Part& part) { return e < part.first; });
	const Part& part = *std::prev(next);
	return part.file ? std::string() : element_path(part.path, part.elements[entry - part.first]);
}

void ListReader::report_duplicates() {
	for (const Duplicate& duplicate : find_duplicates(policy_.entries)) {
		const PolicyEntry& later = policy_.entries[duplicate.later];
		const PolicyEntry& earlier = policy_.entries[duplicate.earlier];
		const Place place = sources_.place(later.place);
		const std::string own = label(duplicate.later), other = label(duplicate.earlier);
		const std::string there = (other.empty() ? "" : other + " at ") +
		                          sources_.describe(sources_.place(earlier.place), place.source);
		std::string message = (own.empty() ? "" : own + ' ') + quote(to_string(later.prefix)) + ": ";
		if (later.kind == earlier.kind)
			message +=
			    "duplicate of " + there + ", " + std::string(in_words(later.kind)) + " there as well";
		else
			message += "a contradiction: " + std::string(in_words(later.kind)) + " here, " +
			           std::string(in_words(earlier.kind)) + " by " + there + ": remove one of them";
		if (own.empty())
			file_fault(place.source, place.offset, std::move(message));
		else
			findings_.error(place, std::move(message));
	}
}

std::vector<std::string> ListReader::files() const {
	std::vector<std::string> names;
	for (const Part& part : parts_)
		if (part.file)
			names.push_back(sources_.name(part.file));
	return names;
}

Policy ListReader::finish() {
	report_duplicates();
	for (const auto& [file, count] : faults_) {
		if (count <= max_shown_errors_of_a_list)
			continue;
		const std::size_t more = count - max_shown_errors_of_a_list;
		findings_.error({file, Place::whole}, std::to_string(more) +
		                                          (more == 1 ? " more error" : " more errors") +
		                                          " in this file: is it a list of prefixes, one a line?");
	}
	for (std::uint32_t source = 0; source < sources_.size(); ++source)
		policy_.files.push_back(sources_.name(source));
	return std::move(policy_);
}

} // namespace tmon
