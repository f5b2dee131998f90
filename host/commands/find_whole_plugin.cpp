// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/find_whole_plugin.hpp"

namespace tmon {

std::variant<std::shared_ptr<const PluginFile>, PluginFileError> find_whole_plugin(const std::string& plugin,
                                                                                   const InstalledTree& tree) {
	auto found = find_plugin(plugin, tree);
	const auto* file = std::get_if<std::shared_ptr<const PluginFile>>(&found);
	if (file && (*file)->manifest.text.empty())
		return PluginFileError{{(*file)->path + " is not a plugin: it has no manifest (a section " +
		                        std::string(manifest_section) + ")"}};
	return found;
}

std::string list_of(const std::set<Capability>& capabilities) {
	std::string text;
	for (const Capability capability : capabilities)
		text += (text.empty() ? "" : ", ") + std::string(to_string(capability));
	return text.empty() ? "none" : text;
}

} // namespace tmon
