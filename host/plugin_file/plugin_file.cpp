// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/plugin_file/plugin_file.hpp"

#include "host/plugin_file/sealed_copy.hpp"
#include "host/plugin_file/trusted_file.hpp"
#include "traffic_monitor/plugin.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace tmon {

namespace {

std::string shipped(const std::filesystem::path& directory) {
	std::vector<std::string> names;
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
		if (entry.path().extension() == ".so")
			names.push_back(entry.path().stem());
	}
	if (names.empty())
		return "no plugins are installed in " + directory.string();
	std::sort(names.begin(), names.end());
	std::string text = "there are";
	for (const std::string& name : names)
		text += (&name == &names.front() ? " " : ", ") + name;
	return text + "; or give the path of a .so file, with a '/'";
}

bool is_missing(const std::string& path) {
	struct stat status;
	return lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

std::variant<Manifest, PluginFileError> read_manifest(const std::string& path, std::string_view bytes) {
	const auto failed = [](std::string reason) { return PluginFileError{{std::move(reason)}}; };
	auto elf = read_elf(bytes);
	if (auto* reason = std::get_if<std::string>(&elf))
		return failed(path + " cannot be loaded: " + *reason);
	const ElfFile& file = std::get<ElfFile>(elf);
	auto found = find_manifest(file, bytes);
	if (auto* reason = std::get_if<std::string>(&found))
		return failed(path + " is not a plugin for this program: " + *reason);
	auto parsed = parse_manifest(std::get<std::string_view>(found));
	if (auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
		PluginFileError error;
		for (const Diagnostic& e : *errors)
			error.reasons.push_back(path + ": " + e.file + ':' + std::to_string(e.line) + ':' +
			                        std::to_string(e.column) + ": " + e.message);
		return error;
	}
	const auto is_entry = [](const ElfSymbol& symbol) { return symbol.name == TMON_PLUGIN_ENTRY_SYMBOL; };
	if (std::none_of(file.exported.begin(), file.exported.end(), is_entry))
		return failed(path + " is not a plugin: it exports no " TMON_PLUGIN_ENTRY_SYMBOL);
	return std::get<Manifest>(std::move(parsed));
}

} // namespace

std::string PluginFileError::text() const {
	std::string all;
	for (const std::string& reason : reasons)
		all += (all.empty() ? "" : "\n") + reason;
	return all;
}

InstalledTree InstalledTree::of_this_program() {
	const std::filesystem::path prefix =
	    std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
	return {prefix / "lib/traffic-monitor/plugins", prefix / "libexec/traffic-monitor/plugin-runner"};
}

std::variant<std::shared_ptr<const PluginFile>, PluginFileError>
find_plugin(const std::string& plugin, const InstalledTree& tree, const std::string& sha256) {
	const bool is_path = plugin.find('/') != std::string::npos;
	const std::string path = is_path ? plugin : (tree.plugins / (plugin + ".so")).string();
	if (!is_path && is_missing(path))
		return PluginFileError{{"unknown plugin \"" + plugin + "\": " + shipped(tree.plugins)}};
	auto opened = open_trusted(path);
	if (auto* reason = std::get_if<std::string>(&opened))
		return PluginFileError{{std::move(*reason)}};
	auto copied = make_sealed_copy(std::get<TrustedFile>(opened));
	if (auto* reason = std::get_if<std::string>(&copied))
		return PluginFileError{{std::move(*reason)}};
	auto& copy = std::get<SealedCopy>(copied);
	if (!sha256.empty() && sha256 != copy.sha256)
		return PluginFileError{{path + " has the SHA-256 " + copy.sha256 + ", expected is " + sha256}, true};
	auto manifest = read_manifest(path, SealedView(copy.descriptor.get()).bytes());
	if (auto* error = std::get_if<PluginFileError>(&manifest))
		return std::move(*error);
	return std::make_shared<const PluginFile>(PluginFile{
	    plugin, path, std::move(copy.descriptor), std::move(copy.sha256), std::get<Manifest>(std::move(manifest))});
}

} // namespace tmon
