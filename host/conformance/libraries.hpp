// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/plugin_file/elf_file.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace tmon {

// What the libraries give that a shared object needs, and those that they need in turn: read, not loaded.
struct LibrarySymbols {
	std::set<std::string> defined;
	std::vector<std::string> missing; // libraries that are not there, or cannot be read
};

LibrarySymbols symbols_of_libraries(const ElfFile& file, const std::vector<std::filesystem::path>& folders);

// Where the dynamic linker of this machine looks.
std::vector<std::filesystem::path> library_folders();

} // namespace tmon
