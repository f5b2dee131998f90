// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/plugin_file/plugin_check.hpp"

#include "host/config/named_files.hpp"
#include "host/config/units.hpp"

#include <map>
#include <utility>

namespace tmon {

namespace {

using Found = std::variant<std::shared_ptr<const PluginFile>, PluginFileError>;

std::string list_of(const std::set<Permission>& permissions) {
	if (permissions.empty())
		return "none";
	std::string text;
	for (const Permission permission : permissions)
		text += (text.empty() ? "" : ", ") + quote(to_string(permission));
	return text;
}

void check_grants(const PluginEntry& entry, const Manifest& manifest, Findings& findings) {
	for (const GrantPlace& grant : entry.grants)
		if (!manifest.permissions.contains(grant.permission))
			findings.error(grant.place, grant.path + ": the plugin " + manifest.id + " does not ask for " +
			                                quote(to_string(grant.permission)) +
			                                ": the permissions in its manifest are " +
			                                list_of(manifest.permissions));
}

void check_settings(PluginEntry& entry, const Manifest& manifest, Findings& findings) {
	if (!entry.settings || !manifest.config)
		return;
	entry.config.config_paths = named_files(*entry.settings, &*manifest.config);
	apply_schema(*manifest.config, *entry.settings, entry.settings_path(), findings);
}

} // namespace

PluginCheck make_plugin_check(InstalledTree tree) {
	// Shared: a std::function is copied.
	const auto known = std::make_shared<std::map<std::pair<std::string, std::string>, Found>>();
	return [tree = std::move(tree), known](PluginEntry& entry, Findings& findings) {
		const std::pair key(entry.config.plugin, entry.config.sha256);
		auto found = known->find(key);
		if (found == known->end())
			found = known->emplace(key, find_plugin(key.first, tree, key.second)).first;
		if (const auto* error = std::get_if<PluginFileError>(&found->second)) {
			for (const std::string& reason : error->reasons)
				findings.error(error->wrong_sha256 ? entry.sha256_place : entry.plugin_place,
				               entry.path + ": " + reason);
			return;
		}
		entry.config.file = std::get<std::shared_ptr<const PluginFile>>(found->second);
		check_grants(entry, entry.config.file->manifest, findings);
		entry.config.grants.standard_output |= entry.config.plugin.find('/') == std::string::npos;
		check_settings(entry, entry.config.file->manifest, findings);
	};
}

} // namespace tmon
