// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/sections.hpp"

#include <algorithm>
#include <map>

namespace tmon {

namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Names stand in metrics, log lines and commands, so they are plain words.
bool is_name(std::string_view text) {
	return !text.empty() && text.size() <= 64 && is_alphanumeric(text.front()) &&
	       std::all_of(text.begin(), text.end(),
			   [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

constexpr std::string_view name_rule = "1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit";

std::string_view file_stem(std::string_view path) {
	path.remove_prefix(path.rfind('/') + 1);
	return path.ends_with(".so") ? path.substr(0, path.size() - 3) : path;
}

// The id of a shipped plugin or the path of a file; empty after an error.
std::string read_plugin(const Value& value, const std::string& path, Findings& findings) {
	const auto* plugin = read_string(value, path, findings);
	if (!plugin)
		return {};
	std::string error;
	if (plugin->find('/') != std::string::npos)
		error = file_name_error(*plugin);
	else if (plugin->ends_with(".so"))
		error = quote(*plugin) + ": a file is named by a path, write " + quote("./" + *plugin);
	else if (!is_name(*plugin))
		error = quote(*plugin) + ": expected the id of a plugin, or the path of its file";
	if (error.empty())
		return *plugin;
	findings.error(value.place, path + ' ' + error);
	return {};
}

PluginConfig read_entry(const Value& entry, const std::string& path, Findings& findings) {
	PluginConfig result;
	bool named = false;
	result.config_json = "{}";
	result.where = findings.sources.diagnostic(entry.place, {});
	const auto read_name = [&](const Value& value) {
		named = true;
		const auto* name = read_string(value, path + ".name", findings);
		if (name && is_name(*name))
			result.name = *name;
		else if (name)
			findings.error(value.place,
				       path + ".name " + quote(*name) + ": a name is " + std::string(name_rule));
	};
	const auto read_isolation = [&](const Value& value) {
		if (auto isolation = read_parsed(value, path + ".isolation", parse_isolation, false, findings))
			result.isolation = *isolation;
	};
	const auto read_config = [&](const Value& value) {
		if (value.get<Value::Object>())
			result.config_json = to_json(value);
		else
			expect(value, path + ".config", "an object", findings);
	};
	read_object(
	    entry, path,
	    {{"plugin", [&](const Value& v) { result.plugin = read_plugin(v, path + ".plugin", findings); }, true},
	     {"name", read_name},
	     {"isolation", read_isolation},
	     {"config", read_config}},
	    findings);
	if (named || result.plugin.empty())
		return result;
	result.name = result.plugin.find('/') == std::string::npos ? result.plugin : file_stem(result.plugin);
	if (!is_name(result.name))
		findings.error(entry.place, path + ": the file's name " + quote(result.name) +
						" cannot be the plugin's: give it a \"name\" of " +
						std::string(name_rule));
	return result;
}

} // namespace

std::vector<PluginConfig> read_plugins(const Value& value, Findings& findings) {
	std::vector<PluginConfig> plugins;
	const auto* list = read_array(value, "plugins", findings);
	if (!list)
		return plugins;
	std::map<std::string, std::size_t> first;
	for (std::size_t i = 0; i < list->size(); ++i) {
		const std::string path = element_path("plugins", i);
		plugins.push_back(read_entry((*list)[i], path, findings));
		const std::string& name = plugins.back().name;
		if (name.empty())
			continue;
		const auto [other, is_new] = first.emplace(name, i);
		if (!is_new)
			findings.error((*list)[i].place, path + ": the name " + quote(name) + " is taken by " +
							     element_path("plugins", other->second) + " at " +
							     findings.sources.describe((*list)[other->second].place) +
							     ": give one of them another \"name\"");
	}
	return plugins;
}

} // namespace tmon
