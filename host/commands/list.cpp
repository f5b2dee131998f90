// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/find_whole_plugin.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/commands/table.hpp"
#include "host/diagnostics/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace tmon {

namespace {

namespace json = boost::json;

struct Installed {
	std::string file;                         // its name in the folder
	std::shared_ptr<const PluginFile> plugin; // null: it is none
	std::vector<std::string> reasons;         // why
};

Installed look_at(const std::filesystem::path& path, const InstalledTree& tree) {
	Installed result{path.filename(), nullptr, {}};
	auto found = find_whole_plugin(path, tree);
	if (auto* error = std::get_if<PluginFileError>(&found)) {
		result.reasons = std::move(error->reasons);
	} else {
		result.plugin = std::get<std::shared_ptr<const PluginFile>>(found);
		if (result.file != result.plugin->manifest.id + ".so") {
			result.reasons = {path.string() + " holds the plugin " + result.plugin->manifest.id +
			                  ", which is found only as " + result.plugin->manifest.id + ".so: rename it"};
			result.plugin = nullptr;
		}
	}
	return result;
}

std::string abi_text(const ManifestAbi& abi) { return std::to_string(abi.major) + '.' + std::to_string(abi.built); }

std::string as_json(const std::vector<Installed>& files, const InstalledTree& tree) {
	json::array plugins, refused;
	for (const Installed& file : files) {
		if (!file.plugin) {
			refused.push_back({{"file", file.file}, {"reasons", json::array(file.reasons.begin(), file.reasons.end())}});
			continue;
		}
		const Manifest& manifest = file.plugin->manifest;
		json::array capabilities;
		for (const Capability capability : manifest.capabilities)
			capabilities.emplace_back(to_string(capability));
		plugins.push_back({{"id", manifest.id},
		                   {"version", manifest.version},
		                   {"abi", abi_text(manifest.abi)},
		                   {"capabilities", std::move(capabilities)},
		                   {"description", manifest.description},
		                   {"file", file.plugin->path},
		                   {"sha256", file.plugin->sha256}});
	}
	return json::serialize(
	           json::object{{"folder", tree.plugins.string()}, {"plugins", std::move(plugins)}, {"refused", std::move(refused)}}) +
	       '\n';
}

std::string as_text(const std::vector<Installed>& files, const InstalledTree& tree) {
	std::vector<std::vector<std::string>> rows{{"ID", "VERSION", "ABI", "CAPABILITIES", "DESCRIPTION"}};
	std::string refused;
	for (const Installed& file : files) {
		for (const std::string& reason : file.reasons)
			refused += "not a plugin: " + printable(reason) + '\n';
		if (!file.plugin)
			continue;
		const Manifest& manifest = file.plugin->manifest;
		rows.push_back({manifest.id, printable(manifest.version), abi_text(manifest.abi), list_of(manifest.capabilities),
		                printable(manifest.description)});
	}
	return (rows.size() == 1 ? "no plugins are installed in " + tree.plugins.string() + '\n' : format_table(rows)) + refused;
}

} // namespace

int list_plugins(const ListPlugins& options, const InstalledTree& tree) {
	std::vector<std::filesystem::path> paths;
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator(tree.plugins, error))
		paths.push_back(entry.path());
	if (error && error != std::errc::no_such_file_or_directory) {
		std::fprintf(stderr, "traffic-monitor: cannot read %s: %s\n", tree.plugins.c_str(), error.message().c_str());
		return exit_runtime;
	}
	std::sort(paths.begin(), paths.end());
	std::vector<Installed> files;
	for (const auto& path : paths)
		files.push_back(look_at(path, tree));
	std::fputs((options.json ? as_json(files, tree) : as_text(files, tree)).c_str(), stdout);
	return exit_ok;
}

} // namespace tmon
