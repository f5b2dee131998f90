// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/plugin_module.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

namespace tmon {

namespace {

bool is_plugin_id(const char* id) {
	if (!id || !*id || std::strlen(id) > 64)
		return false;
	return std::all_of(id, id + std::strlen(id), [](char c) {
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
	});
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
	for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
		text.replace(at, from.size(), to);
	return text;
}

} // namespace

std::string refuse_entry(const tmon_plugin_entry& entry) {
	if (entry.magic != TMON_PLUGIN_MAGIC)
		return std::string("its symbol " TMON_PLUGIN_ENTRY_SYMBOL " does not begin with the magic of a plugin");
	const std::string built = std::to_string(entry.abi_major) + "." + std::to_string(entry.abi_minor_built);
	const std::string ours = std::to_string(TMON_ABI_MAJOR) + "." + std::to_string(TMON_ABI_MINOR);
	if (entry.abi_major != TMON_ABI_MAJOR)
		return "it was built for plugin ABI " + built + ", this is " + ours + ": rebuild it";
	if (entry.abi_minor_required > TMON_ABI_MINOR)
		return "it requires plugin ABI " + std::to_string(entry.abi_major) + "." +
		       std::to_string(entry.abi_minor_required) + ", this is " + ours + ": a newer traffic-monitor is needed";
	if (entry.size < offsetof(tmon_plugin_entry, api) + sizeof entry.api || !entry.api)
		return "its entry is too short or has no functions";
	if (!is_plugin_id(entry.id))
		return "its id is not made of lower-case letters, digits and '-'";
	if (!entry.version)
		return "it names no version";
	if (!entry.manifest)
		return "its entry names no manifest";
	const tmon_plugin_api& api = *entry.api;
	if (api.size < offsetof(tmon_plugin_api, get_extension) + sizeof api.get_extension || !api.create || !api.destroy)
		return "its function table is too short or lacks create or destroy";
	return {};
}

std::string contradict_manifest(const tmon_plugin_entry& entry, std::string_view manifest, std::string_view id,
                                std::string_view version) {
	const auto differs = [](const std::string& what, std::string_view theirs, std::string_view said) {
		return "its entry has the " + what + " \"" + std::string(theirs) + "\", its manifest says \"" + std::string(said) +
		       "\"";
	};
	if (entry.id != id)
		return differs("id", entry.id, id);
	if (entry.version != version)
		return differs("version", entry.version, version);
	if (entry.manifest != manifest)
		return "the manifest in its section is not the one that its entry names";
	return {};
}

const PluginModule& PluginModule::load(Fd file, const std::string& path) {
	struct stat status;
	if (fstat(file.get(), &status) != 0)
		throw PluginLoadError(path + " cannot be loaded: " + std::strerror(errno));
	// Never destroyed: see above.
	static auto& loaded = *new std::map<std::pair<dev_t, ino_t>, std::unique_ptr<PluginModule>>;
	static std::mutex mutex;
	const std::pair key(status.st_dev, status.st_ino);
	{
		const std::lock_guard lock(mutex);
		if (const auto found = loaded.find(key); found != loaded.end())
			return *found->second;
	}
	// Not under the lock: constructors of a plugin may take as long as they like.
	std::unique_ptr<PluginModule> module(new PluginModule(std::move(file), path));
	const std::lock_guard lock(mutex);
	return *loaded.emplace(key, std::move(module)).first->second;
}

PluginModule::PluginModule(Fd file, const std::string& path) {
	const std::string loaded = "/proc/self/fd/" + std::to_string(file.get());
	try {
		library_.load(loaded, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
		file.release();
		if (!library_.has(TMON_PLUGIN_ENTRY_SYMBOL))
			throw PluginLoadError(path + " is not a plugin: it exports no " TMON_PLUGIN_ENTRY_SYMBOL);
		entry_ = &library_.get<const tmon_plugin_entry>(TMON_PLUGIN_ENTRY_SYMBOL);
	} catch (const PluginLoadError&) {
		throw;
	} catch (const std::exception& error) {
		throw PluginLoadError(path + " cannot be loaded: " + replace_all(error.what(), loaded, path));
	}
	if (const std::string reason = refuse_entry(*entry_); !reason.empty())
		throw PluginLoadError(path + " cannot be used: " + reason);
}

} // namespace tmon
