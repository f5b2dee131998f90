// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tmon {

struct ElfSymbol {
	std::string name;
	std::uint64_t size = 0; // bytes
	bool function = false;  // else data, or not said
	bool weak = false;
	bool unique = false; // STB_GNU_UNIQUE: keeps the object loaded for ever
};

struct ElfSection {
	std::string name;
	std::uint64_t offset = 0, size = 0; // within the file; both 0 where a section has no content there
};

// What a shared object says of itself, read without loading it. Every offset in it has been checked against
// the bytes that it was read from.
struct ElfFile {
	std::vector<ElfSection> sections;
	std::vector<ElfSymbol> exported;  // defined dynamic symbols that others can see
	std::vector<ElfSymbol> undefined; // dynamic symbols that it expects from others
	std::vector<std::string> needed;  // DT_NEEDED
	std::string rpath, runpath;       // empty: none
	bool executable_stack = false;    // asked for, or not ruled out
	bool text_relocations = false;
	bool bind_now = false;
};

// Reads a shared object for this machine. On failure: what `bytes` are instead, such as "not an ELF file".
// Takes any bytes.
std::variant<ElfFile, std::string> read_elf(std::string_view bytes);

} // namespace tmon
