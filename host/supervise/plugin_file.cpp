// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

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

} // namespace

InstalledTree InstalledTree::of_this_program() {
	const std::filesystem::path prefix =
	    std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
	return {prefix / "lib/traffic-monitor/plugins", prefix / "libexec/traffic-monitor/plugin-runner"};
}

std::variant<PluginFile, std::string> find_plugin(const std::string& plugin, const InstalledTree& tree) {
	const bool is_path = plugin.find('/') != std::string::npos;
	const std::string path = is_path ? plugin : (tree.plugins / (plugin + ".so")).string();
	Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	if (!file) {
		if (!is_path && errno == ENOENT)
			return "unknown plugin \"" + plugin + "\": " + shipped(tree.plugins);
		return "cannot open the plugin " + path + ": " + std::strerror(errno);
	}
	struct stat status;
	if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
		return "the plugin " + path + " is not a regular file";
	return PluginFile{path, std::move(file)};
}

} // namespace tmon
