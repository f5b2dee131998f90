// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What an entry of `plugins` grants the plugin, which bounds it sets, and which file it pins.
#include "host/config/sections.hpp"

#include <algorithm>

namespace tmon {

namespace {

constexpr std::string_view grant_forms = R"("network", "exec", "block", "stdout", {"read": "/path"} or {"write": "/path"})";

// What is wrong with a path to grant. Compared as text later on, so it has one spelling.
std::string grant_path_error(std::string_view path) {
	if (path == "/")
		return {};
	if (!path.starts_with('/'))
		return quote(path) + ": expected an absolute path, one that begins with '/'";
	if (path.ends_with('/'))
		return quote(path) + ": leave out the '/' at its end; a directory stands for all that is in it";
	if (auto error = file_name_error(path); !error.empty())
		return error;
	for (std::size_t at = 0; at != std::string_view::npos;) {
		const std::size_t next = path.find('/', at + 1);
		const std::string_view part =
		    path.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
		if (part.empty() || part == "." || part == "..")
			return quote(path) + ": write it without \"//\", \".\" and \"..\"";
		at = next;
	}
	return {};
}

class GrantReader {
public:
	GrantReader(PluginEntry& entry, Findings& findings) : entry_(entry), findings_(findings) {}

	void read(const Value& value, const std::string& path) {
		const auto* list = read_array(value, path, findings_);
		for (std::size_t i = 0; list && i < list->size(); ++i)
			read_element((*list)[i], element_path(path, i));
	}

private:
	void read_element(const Value& value, const std::string& path) {
		if (const auto* word = value.get<std::string>())
			return read_word(*word, value.place, path);
		if (!value.get<Value::Object>())
			return expect(value, path, grant_forms, findings_);
		if (value.get<Value::Object>()->empty())
			findings_.error(value.place,
			                path + ": expected " + std::string(grant_forms) + ", found an empty object");
		auto& grants = entry_.config.grants;
		read_object(value, path,
		            {{"read", [&](const Value& v) { read_path(v, path + ".read", grants.read_paths); }},
		             {"write", [&](const Value& v) { read_path(v, path + ".write", grants.write_paths); }}},
		            findings_);
	}
	void read_word(const std::string& word, Place place, const std::string& path) {
		const auto parsed = parse_permission(word);
		const auto* permission = std::get_if<Permission>(&parsed);
		if (!permission || *permission == Permission::paths)
			return findings_.error(place,
			                       path + ' ' + quote(word) + ": expected " + std::string(grant_forms));
		auto& grants = entry_.config.grants;
		bool& granted = *permission == Permission::network ? grants.network
		                : *permission == Permission::exec  ? grants.exec
		                : *permission == Permission::block ? grants.block
		                                                   : grants.standard_output;
		if (granted)
			findings_.error(place, path + ' ' + quote(word) + " is granted already");
		granted = true;
		entry_.grants.push_back({*permission, place, path});
	}
	void read_path(const Value& value, const std::string& path, std::vector<std::string>& paths) {
		const auto* text = read_string(value, path, findings_);
		if (!text)
			return;
		if (const auto error = grant_path_error(*text); !error.empty())
			return findings_.error(value.place, path + ' ' + error);
		if (std::find(paths.begin(), paths.end(), *text) != paths.end())
			findings_.error(value.place, path + ' ' + quote(*text) + " is granted already");
		paths.push_back(*text);
		entry_.grants.push_back({Permission::paths, value.place, path});
	}

	PluginEntry& entry_;
	Findings& findings_;
};

void read_count(const Value& value, const std::string& path, std::int64_t least, std::int64_t most,
                std::uint32_t& target, Findings& findings) {
	const auto* number = value.get<std::int64_t>();
	if (!number || *number < least || *number > most)
		return expect(value, path,
		              "a whole number from " + std::to_string(least) + " to " + std::to_string(most), findings);
	target = static_cast<std::uint32_t>(*number);
}

} // namespace

void read_grants(const Value& value, PluginEntry& entry, Findings& findings) {
	GrantReader(entry, findings).read(value, entry.path + ".grant");
}

void read_limits(const Value& value, PluginEntry& entry, Findings& findings) {
	const std::string path = entry.path + ".limits";
	PluginLimits& limits = entry.config.limits;
	read_object(
	    value, path,
	    {{"memory",
	      [&](const Value& v) {
		      limits.memory_bytes = read_parsed(v, path + ".memory", parse_memory_limit, true, findings)
		                                .value_or(limits.memory_bytes);
	      }},
	     {"threads", [&](const Value& v) { read_count(v, path + ".threads", 1, 1024, limits.threads, findings); }},
	     {"files", [&](const Value& v) { read_count(v, path + ".files", 16, 65536, limits.files, findings); }},
	     {"deadline",
	      [&](const Value& v) {
		      limits.deadline =
		          read_parsed(v, path + ".deadline", parse_deadline, true, findings).value_or(limits.deadline);
	      }}},
	    findings);
}

void read_sha256(const Value& value, PluginEntry& entry, Findings& findings) {
	const std::string path = entry.path + ".sha256";
	const auto* text = read_string(value, path, findings);
	if (!text)
		return;
	std::string digits = *text;
	for (char& c : digits)
		if (c >= 'A' && c <= 'F')
			c = static_cast<char>(c - 'A' + 'a');
	if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
		return findings.error(value.place, path + ' ' + quote(*text) +
		                                       ": expected 64 hexadecimal digits, as sha256sum prints them");
	entry.config.sha256 = std::move(digits);
	entry.sha256_place = value.place;
}

} // namespace tmon
