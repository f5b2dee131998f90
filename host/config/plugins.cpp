// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/named_files.hpp"
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

PluginEntry read_entry(const Value& value, const std::string& path, Findings& findings) {
	PluginEntry entry;
	entry.path = path;
	entry.place = entry.plugin_place = value.place;
	entry.settings = Value{value.place, Value::Object{}};
	PluginConfig& config = entry.config;
	config.where = findings.sources.diagnostic(value.place, {});
	bool named = false;
	const auto read_name = [&](const Value& v) {
		named = true;
		const auto* name = read_string(v, path + ".name", findings);
		if (name && is_name(*name))
			config.name = *name;
		else if (name)
			findings.error(v.place,
				       path + ".name " + quote(*name) + ": a name is " + std::string(name_rule));
	};
	const auto read_isolation = [&](const Value& v) {
		if (auto isolation = read_parsed(v, path + ".isolation", parse_isolation, false, findings))
			config.isolation = *isolation;
	};
	const auto read_settings = [&](const Value& v) {
		entry.settings.reset();
		if (v.get<Value::Object>())
			entry.settings = v;
		else
			expect(v, path + ".config", "an object", findings);
	};
	std::optional<Place> limits;
	read_object(value, path,
		    {{"plugin",
		      [&](const Value& v) {
			      entry.plugin_place = v.place;
			      config.plugin = read_plugin(v, path + ".plugin", findings);
		      },
		      true},
		     {"name", read_name},
		     {"isolation", read_isolation},
		     {"grant", [&](const Value& v) { read_grants(v, entry, findings); }},
		     {"sha256", [&](const Value& v) { read_sha256(v, entry, findings); }},
		     {"limits",
		      [&](const Value& v) {
			      limits = v.place;
			      read_limits(v, entry, findings);
		      }},
		     {"config", read_settings}},
		    findings);
	if (limits && config.isolation == Isolation::thread)
		findings.warning(*limits, path + ".limits has no effect: the plugin runs in a thread of the program");
	if (named || config.plugin.empty())
		return entry;
	config.name = config.plugin.find('/') == std::string::npos ? config.plugin : file_stem(config.plugin);
	if (!is_name(config.name))
		findings.error(value.place, path + ": the file's name " + quote(config.name) +
						" cannot be the plugin's: give it a \"name\" of " +
						std::string(name_rule));
	return entry;
}

} // namespace

PluginConfig finish_entry(PluginEntry entry, const PluginCheck& check, Findings& findings) {
	if (entry.settings)
		entry.config.config_paths = named_files(*entry.settings, nullptr);
	if (check && !entry.config.plugin.empty())
		check(entry, findings);
	entry.config.config_json = entry.settings ? to_json(*entry.settings) : "{}";
	return std::move(entry.config);
}

std::vector<PluginConfig> read_plugins(const Value& value, const PluginCheck& check, Findings& findings) {
	std::vector<PluginConfig> plugins;
	const auto* list = read_array(value, "plugins", findings);
	if (!list)
		return plugins;
	std::map<std::string, std::size_t> first;
	for (std::size_t i = 0; i < list->size(); ++i) {
		const std::string path = element_path("plugins", i);
		plugins.push_back(finish_entry(read_entry((*list)[i], path, findings), check, findings));
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
