// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/plugin_file/manifest.hpp"

#include "host/config/schema_reader.hpp"
#include "traffic_monitor/version.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace tmon {

namespace {

constexpr std::int64_t manifest_format = 1;

constexpr std::array<std::pair<std::string_view, Capability>, 6> capability_names{
    {{"events", Capability::events},
     {"alerts", Capability::alerts},
     {"ticks", Capability::ticks},
     {"end", Capability::end},
     {"state", Capability::state},
     {"reconfigure", Capability::reconfigure}}};
Parsed<Capability> parse_capability(std::string_view text) { return parse_word<Capability>(text, capability_names); }

class ManifestReader {
public:
	explicit ManifestReader(Findings& findings) : findings_(findings) {}

	Manifest read(const Value& root);

private:
	bool is_readable(const Value& root);
	void read_abi(const Value& value);
	void read_minor(const Value& value, std::string_view path, std::uint32_t& target);
	void read_id(const Value& value);
	void read_version(const Value& value);
	void read_text(const Value& value, const char* key, std::string& target);
	void read_config(const Value& value);
	template <class T>
	void read_words(const Value& value, std::string_view path, Parsed<T> (*parse)(std::string_view),
	                std::set<T>& target);

	Findings& findings_;
	Manifest result_;
	bool newer_ = false; // it may say what this host does not know
};

const Member* find_member(const Value& value, std::string_view key) {
	const auto* object = value.get<Value::Object>();
	if (!object)
		return nullptr;
	const auto found = std::find_if(object->begin(), object->end(), [&](const Member& m) { return m.key == key; });
	return found == object->end() ? nullptr : &*found;
}

// Of a manifest in another format, or for another ABI, nothing else can be judged.
bool ManifestReader::is_readable(const Value& root) {
	if (!root.get<Value::Object>()) {
		expect(root, "the manifest", "an object", findings_);
		return false;
	}
	if (const Member* format = find_member(root, "manifest")) {
		const auto* number = format->value.get<std::int64_t>();
		if (!number || *number < manifest_format) {
			expect(format->value, "manifest", std::to_string(manifest_format), findings_);
			return false;
		}
		if (*number > manifest_format) {
			findings_.error(format->value.place, "manifest: this program reads version " +
			                                         std::to_string(manifest_format) + ", found " +
			                                         describe_found(format->value) +
			                                         ": a newer traffic-monitor is needed");
			return false;
		}
	}
	const Member* abi = find_member(root, "abi");
	if (!abi)
		return true;
	const std::size_t before = findings_.errors.size();
	read_abi(abi->value);
	if (findings_.errors.size() != before)
		return true;
	newer_ = result_.abi.major == TMON_ABI_MAJOR && result_.abi.built > TMON_ABI_MINOR;
	const std::string reason = refuse_abi(result_.abi);
	if (!reason.empty())
		findings_.error(abi->value.place, reason);
	return reason.empty();
}

Manifest ManifestReader::read(const Value& given) {
	if (!is_readable(given))
		return {};
	Value root = given;
	constexpr std::array<std::string_view, 11> known = {"manifest",     "id",          "version", "abi",
	                                                    "description",  "author",      "license", "homepage",
	                                                    "capabilities", "permissions", "config"};
	if (newer_)
		std::erase_if(*root.get<Value::Object>(), [&](const Member& member) {
			return std::find(known.begin(), known.end(), member.key) == known.end();
		});
	const auto text = [&](const char* key, std::string& target) {
		return Field{key, [this, key, &target](const Value& v) { read_text(v, key, target); }};
	};
	read_object(
	    root, "",
	    {{"manifest", [](const Value&) {}, true},
	     {"id", [&](const Value& v) { read_id(v); }, true},
	     {"version", [&](const Value& v) { read_version(v); }, true},
	     {"abi", [](const Value&) {}, true},
	     text("description", result_.description),
	     text("author", result_.author),
	     text("license", result_.license),
	     text("homepage", result_.homepage),
	     {"capabilities",
	      [&](const Value& v) { read_words(v, "capabilities", parse_capability, result_.capabilities); }, true},
	     {"permissions",
	      [&](const Value& v) { read_words(v, "permissions", parse_permission, result_.permissions); }},
	     {"config", [&](const Value& v) { read_config(v); }}},
	    findings_);
	return std::move(result_);
}

void ManifestReader::read_minor(const Value& value, std::string_view path, std::uint32_t& target) {
	const auto* number = value.get<std::int64_t>();
	if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
		return expect(value, path, "a whole number, 0 or more", findings_);
	target = static_cast<std::uint32_t>(*number);
}

void ManifestReader::read_abi(const Value& value) {
	ManifestAbi& abi = result_.abi;
	const std::size_t before = findings_.errors.size();
	read_object(value, "abi",
	            {{"major", [&](const Value& v) { read_minor(v, "abi.major", abi.major); }, true},
	             {"required", [&](const Value& v) { read_minor(v, "abi.required", abi.required); }, true},
	             {"built", [&](const Value& v) { read_minor(v, "abi.built", abi.built); }, true}},
	            findings_);
	if (findings_.errors.size() == before && abi.required > abi.built)
		findings_.error(value.place, "abi: it requires minor " + std::to_string(abi.required) +
		                                 " and was built with the headers of minor " +
		                                 std::to_string(abi.built));
}

void ManifestReader::read_id(const Value& value) {
	const auto* id = read_string(value, "id", findings_);
	if (id && !is_plugin_id(*id))
		findings_.error(value.place,
		                "id " + quote(*id) + ": an id is 1 to 64 lower-case letters, digits and '-'");
	if (id)
		result_.id = *id;
}

void ManifestReader::read_version(const Value& value) {
	read_text(value, "version", result_.version);
	if (value.get<std::string>() && (result_.version.empty() || result_.version.size() > 64))
		findings_.error(value.place,
		                "version " + quote(result_.version) + ": a version has 1 to 64 bytes, such as 1.0.0");
}

void ManifestReader::read_text(const Value& value, const char* key, std::string& target) {
	const auto* text = read_string(value, key, findings_);
	if (!text)
		return;
	if (std::any_of(text->begin(), text->end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }))
		findings_.error(value.place, std::string(key) + ' ' + quote(*text) + ": expected one line of text");
	target = *text;
}

void ManifestReader::read_config(const Value& value) {
	const Member* type = find_member(value, "type");
	const auto* name = type ? type->value.get<std::string>() : nullptr;
	if (value.get<Value::Object>() && (!name || *name != "object"))
		return findings_.error(value.place, "config: a plugin's configuration is an object: its schema needs "
		                                    "\"type\": \"object\"");
	if (auto schema = read_schema(value, "config", findings_))
		result_.config = std::make_shared<const Schema>(std::move(*schema));
}

template <class T>
void ManifestReader::read_words(const Value& value, std::string_view path, Parsed<T> (*parse)(std::string_view),
                                std::set<T>& target) {
	const auto* list = read_array(value, path, findings_);
	for (std::size_t i = 0; list && i < list->size(); ++i) {
		const std::string element = element_path(path, i);
		const auto* word = read_string((*list)[i], element, findings_);
		if (!word)
			continue;
		const auto parsed = parse(*word);
		if (const auto* unknown = std::get_if<std::string>(&parsed)) {
			if (!newer_)
				findings_.error((*list)[i].place, element + ' ' + *unknown);
		} else if (!target.insert(std::get<T>(parsed)).second) {
			findings_.error((*list)[i].place, element + ' ' + quote(*word) + " is listed already");
		}
	}
}

} // namespace

std::string_view to_string(Capability capability) {
	for (const auto& [name, value] : capability_names)
		if (value == capability)
			return name;
	return {};
}

bool is_plugin_id(std::string_view text) {
	return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
	});
}

std::string refuse_abi(const ManifestAbi& abi, std::uint32_t host_major, std::uint32_t host_minor) {
	const auto version = [](std::uint32_t major, std::uint32_t minor) {
		return std::to_string(major) + '.' + std::to_string(minor);
	};
	const std::string ours = version(host_major, host_minor);
	if (abi.major != host_major)
		return "it was built for plugin ABI " + version(abi.major, abi.built) + ", this is " + ours + ": " +
		       (abi.major < host_major ? "rebuild it" : "a newer traffic-monitor is needed, or rebuild it");
	if (abi.required > host_minor)
		return "it requires plugin ABI " + version(abi.major, abi.required) + ", this is " + ours +
		       ": a newer traffic-monitor is needed";
	return {};
}

std::string refuse_abi(const ManifestAbi& abi) { return refuse_abi(abi, TMON_ABI_MAJOR, TMON_ABI_MINOR); }

std::variant<std::string_view, std::string> find_manifest(const ElfFile& elf, std::string_view bytes) {
	const auto is_manifest = [](const ElfSection& section) { return section.name == manifest_section; };
	const auto found = std::find_if(elf.sections.begin(), elf.sections.end(), is_manifest);
	const std::string section = "section " + std::string(manifest_section);
	if (found == elf.sections.end())
		return "it has no manifest (" + section + "); build it against ABI 1.0 or later headers";
	if (std::find_if(found + 1, elf.sections.end(), is_manifest) != elf.sections.end())
		return "it has more than one manifest (" + section + ")";
	std::string_view text = bytes.substr(found->offset, found->size);
	while (text.ends_with('\0'))
		text.remove_suffix(1);
	if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
		return "its manifest (" + section + ") is empty";
	if (text.size() > max_manifest_bytes)
		return "its manifest (" + section + ") is larger than " + std::to_string(max_manifest_bytes >> 20) +
		       " MiB";
	return text;
}

std::variant<Manifest, std::vector<Diagnostic>> parse_manifest(std::string_view text) {
	const Sources sources("manifest", text);
	Findings findings{sources, {}, {}};
	ParsedDocument document = parse_document(text, sources);
	findings.errors = std::move(document.errors);
	Manifest manifest;
	if (document.root)
		manifest = ManifestReader(findings).read(*document.root);
	if (findings.errors.empty()) {
		manifest.text = text;
		return manifest;
	}
	std::stable_sort(findings.errors.begin(), findings.errors.end(),
	                 [](const Finding& a, const Finding& b) { return a.place < b.place; });
	std::vector<Diagnostic> errors;
	for (Finding& finding : findings.errors)
		errors.push_back(sources.diagnostic(finding.place, std::move(finding.message)));
	return errors;
}

} // namespace tmon
