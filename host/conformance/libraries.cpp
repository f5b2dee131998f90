// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/libraries.hpp"

#include <algorithm>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>

namespace tmon {

namespace {

constexpr std::uintmax_t kMaxBytes = 512u << 20;

std::optional<ElfFile> read_library(const std::string& name, const std::vector<std::filesystem::path>& folders) {
	for (const auto& folder : folders) {
		const auto path = folder / name;
		std::error_code error;
		if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kMaxBytes)
			continue;
		std::ifstream file(path, std::ios::binary);
		const std::string bytes(std::istreambuf_iterator<char>(file), {});
		auto elf = read_elf(bytes);
		if (auto* read = std::get_if<ElfFile>(&elf)) // else it is for another machine: the linker looks on, too
			return std::move(*read);
	}
	return std::nullopt;
}

void read_folder_list(const std::filesystem::path& file, std::vector<std::filesystem::path>& folders) {
	std::ifstream text(file);
	for (std::string line; std::getline(text, line);) {
		const std::size_t begin = line.find_first_not_of(" \t");
		if (begin != std::string::npos && line[begin] == '/')
			folders.emplace_back(line.substr(begin, line.find_last_not_of(" \t") + 1 - begin));
	}
}

} // namespace

std::vector<std::filesystem::path> library_folders() {
	std::vector<std::filesystem::path> folders;
	std::vector<std::filesystem::path> lists{"/etc/ld.so.conf"};
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator("/etc/ld.so.conf.d", error))
		lists.push_back(entry.path());
	std::sort(lists.begin(), lists.end());
	for (const auto& list : lists)
		read_folder_list(list, folders);
	folders.insert(folders.end(), {"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
	return folders;
}

LibrarySymbols symbols_of_libraries(const ElfFile& file, const std::vector<std::filesystem::path>& folders) {
	LibrarySymbols result;
	std::deque<std::string> wanted(file.needed.begin(), file.needed.end());
	std::set<std::string> seen;
	while (!wanted.empty()) {
		const std::string name = std::move(wanted.front());
		wanted.pop_front();
		if (!seen.insert(name).second)
			continue;
		const std::optional<ElfFile> library = read_library(name, folders);
		if (!library) {
			result.missing.push_back(name);
			continue;
		}
		for (const ElfSymbol& symbol : library->exported)
			result.defined.insert(symbol.name);
		wanted.insert(wanted.end(), library->needed.begin(), library->needed.end());
	}
	return result;
}

} // namespace tmon
