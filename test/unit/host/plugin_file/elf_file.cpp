// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What is read from shared objects, and that nothing that is not one does any harm.
#include "host/plugin_file/elf_file.hpp"
#include "test/unit/host/plugin_file/plugin_bytes.hpp"

#include <boost/test/unit_test.hpp>

#include <elf.h>
#include <link.h>

#include <cstring>
#include <random>

namespace {

using namespace tmon;
using namespace tmon::test;

std::string refusal(std::string_view bytes) {
	const auto result = read_elf(bytes);
	const auto* reason = std::get_if<std::string>(&result);
	return reason ? *reason : "taken";
}

ElfFile taken(const std::string& bytes) {
	auto result = read_elf(bytes);
	if (const auto* reason = std::get_if<std::string>(&result))
		throw std::runtime_error(*reason);
	return std::get<ElfFile>(std::move(result));
}

const ElfSymbol* find(const std::vector<ElfSymbol>& symbols, const std::string& name) {
	for (const ElfSymbol& symbol : symbols)
		if (symbol.name == name)
			return &symbol;
	return nullptr;
}

template <class T>
T header(const std::string& bytes, std::size_t at = 0) {
	T value;
	std::memcpy(&value, bytes.data() + at, sizeof value);
	return value;
}
template <class T>
void put(std::string& bytes, const T& value, std::size_t at = 0) {
	std::memcpy(bytes.data() + at, &value, sizeof value);
}

// Sections lie where `bytes` are.
void check_bounds(const ElfFile& elf, std::string_view bytes) {
	for (const ElfSection& section : elf.sections)
		if (section.offset > bytes.size() || section.size > bytes.size() - section.offset)
			BOOST_ERROR("section " << section.name << " reaches out of the file");
}

BOOST_AUTO_TEST_CASE(a_shared_object_is_described) {
	const std::string bytes = plugin_with("{\"x\": 1}");
	const ElfFile elf = taken(bytes);
	check_bounds(elf, bytes);
	const ElfSymbol* entry = find(elf.exported, "tmon_plugin_entry_v1");
	BOOST_REQUIRE(entry);
	BOOST_TEST(entry->size == 4u);
	BOOST_TEST((!entry->function && !entry->weak && !entry->unique));
	BOOST_REQUIRE(find(elf.exported, "answer"));
	BOOST_TEST(find(elf.exported, "answer")->function);
	BOOST_TEST(!find(elf.exported, "getpid"));
	BOOST_TEST(find(elf.undefined, "getpid"));
	BOOST_TEST(!find(elf.undefined, "answer"));
	BOOST_TEST((std::find(elf.needed.begin(), elf.needed.end(), "libc.so.6") != elf.needed.end()));
	BOOST_TEST((elf.rpath.empty() && elf.runpath.empty()));
	BOOST_TEST((!elf.executable_stack && !elf.text_relocations));
	bool manifest = false;
	for (const ElfSection& section : elf.sections)
		if (section.name == ".tmon.manifest") {
			manifest = true;
			BOOST_TEST(section.size == 8192u);
			BOOST_TEST(bytes.compare(section.offset, 8, "{\"x\": 1}") == 0);
		}
	BOOST_TEST(manifest);
	BOOST_TEST(!find(taken(plugin_bytes("bare")).exported, "tmon_plugin_entry_v1"));
}

BOOST_AUTO_TEST_CASE(what_a_plugin_had_better_not_have_is_seen) {
	const ElfFile odd = taken(plugin_bytes("odd"));
	BOOST_TEST((odd.executable_stack && odd.bind_now));
	BOOST_TEST(odd.runpath == "/odd/runpath");
	BOOST_TEST(odd.rpath == "");
	BOOST_REQUIRE(find(odd.exported, "unique_one"));
	BOOST_TEST(find(odd.exported, "unique_one")->unique);
	BOOST_REQUIRE(find(odd.exported, "weak_one"));
	BOOST_TEST(find(odd.exported, "weak_one")->weak);
	const ElfFile older = taken(plugin_bytes("older"));
	BOOST_TEST((!older.executable_stack && !older.bind_now));
	BOOST_TEST(older.rpath == "/odd/rpath");
	BOOST_TEST(older.runpath == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_shared_object_for_this_machine_is_named) {
	const std::string good = plugin_bytes("plain");
	const auto changed = [&](auto change) {
		auto head = header<ElfW(Ehdr)>(good);
		change(head);
		std::string bytes = good;
		put(bytes, head);
		return refusal(bytes);
	};
	BOOST_TEST(refusal("") == "empty");
	BOOST_TEST(refusal("#!/bin/sh\n") == "not an ELF file");
	BOOST_TEST(refusal("\x7f"
	                   "EL") == "not an ELF file");
	BOOST_TEST(refusal(good.substr(0, 10)) == "truncated: it should go on at byte 10; copy or build it again");
	BOOST_TEST(refusal(good.substr(0, 40)) == "truncated: it should go on at byte 0; copy or build it again");
	BOOST_TEST(refusal(good.substr(0, good.size() / 2)).starts_with("truncated: "));
	BOOST_TEST(refusal(good.substr(0, good.size() - 1)).starts_with("truncated: "));
#ifdef __x86_64__
	BOOST_TEST(changed([](auto& h) { h.e_machine = EM_AARCH64; }) == "built for AArch64, this is x86-64");
	BOOST_TEST(changed([](auto& h) { h.e_machine = EM_386; }) == "built for x86 (32-bit), this is x86-64");
	BOOST_TEST(changed([](auto& h) { h.e_machine = 4711; }) == "built for machine number 4711, this is x86-64");
	BOOST_TEST(changed([](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }) ==
	           "built for 32 bits, this program has 64");
	BOOST_TEST(changed([](auto& h) {
		           h.e_ident[EI_DATA] = ELFDATA2MSB;
		           h.e_machine = EM_X86_64 << 8;
	           }) == "built for the other byte order");
#endif
	BOOST_TEST(changed([](auto& h) { h.e_type = ET_REL; }) == "an object file: link it with -shared");
	BOOST_TEST(changed([](auto& h) { h.e_type = ET_CORE; }) == "not a shared object");
	BOOST_TEST(changed([](auto& h) { h.e_phnum = 0; }) == "a damaged ELF file: it has no program headers");
	BOOST_TEST(changed([](auto& h) { h.e_shentsize = 1; }) ==
	           "a damaged ELF file: its section headers have another size than the format says");
	BOOST_TEST(changed([](auto& h) { h.e_shstrndx = 0; }) ==
	           "a damaged ELF file: a name refers to a string table that is none");
	BOOST_TEST(changed([](auto& h) { h.e_shoff = ~ElfW(Off){0}; }).starts_with("truncated: "));
	BOOST_TEST(changed([](auto& h) { h.e_phoff = ~ElfW(Off){0} - 8; }).starts_with("truncated: "));
	BOOST_TEST(changed([](auto& h) { h.e_shoff = 0; }) == "taken"); // has no sections then
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
	const std::string good = plugin_bytes("plain");
	std::size_t tried = 0;
	for (std::size_t size = 0; size < good.size(); size += 1 + size / 200, ++tried) {
		const std::string part = good.substr(0, size);
		if (const std::string why = refusal(part); why == "taken" || why.empty())
			BOOST_ERROR("taken with " << size << " of " << good.size() << " bytes");
	}
	BOOST_TEST(tried > 500u);
}

// Whatever is said of a damaged file, saying it neither crashes nor leads out of the bytes; the sanitizers watch.
BOOST_AUTO_TEST_CASE(damaged_files_do_no_harm) {
	std::mt19937_64 random(20250123);
	int accepted = 0, refused = 0;
	for (const char* name : {"plain", "odd"}) {
		const std::string good = plugin_bytes(name);
		const auto head = header<ElfW(Ehdr)>(good);
		const std::size_t tables = head.e_shnum * sizeof(ElfW(Shdr));
		for (int i = 0; i < 20'000; ++i) {
			std::string bytes = good;
			for (auto edits = 1 + random() % 8; edits > 0; --edits) {
				// Mostly where it hurts: the headers at both ends.
				const std::size_t at = random() % 4 == 0 ? random() % bytes.size()
				                       : random() % 2    ? random() % 1024
				                                         : head.e_shoff + random() % tables;
				switch (random() % 4) {
				case 0: bytes[at] = static_cast<char>(random()); break;
				case 1: bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8); break;
				case 2: bytes[at] = '\xff'; break;
				default:
					if (at + 8 <= bytes.size())
						put(bytes, random() % 2 ? random() : random() % (2 * bytes.size()), at);
				}
			}
			if (random() % 16 == 0)
				bytes.resize(random() % bytes.size());
			const auto result = read_elf(bytes);
			if (const auto* elf = std::get_if<ElfFile>(&result)) {
				check_bounds(*elf, bytes);
				(void)find_manifest(*elf, bytes);
				++accepted;
			} else {
				BOOST_REQUIRE(!std::get<std::string>(result).empty());
				++refused;
			}
		}
	}
	BOOST_TEST(accepted > 1000);
	BOOST_TEST(refused > 1000);
}

// Symbols whose names all end in one long string: the memory asked for stays in proportion to the file.
BOOST_AUTO_TEST_CASE(names_that_share_bytes_have_a_bound) {
	const std::string good = plugin_bytes("plain");
	auto head = header<ElfW(Ehdr)>(good);
	std::string bytes = good;
	const std::size_t symbols_at = bytes.size(), count = 4000, names_size = 1u << 18;
	for (std::size_t i = 0; i < count; ++i) {
		ElfW(Sym) symbol{};
		symbol.st_info = STB_GLOBAL << 4;
		symbol.st_shndx = 1;
		bytes.append(reinterpret_cast<const char*>(&symbol), sizeof symbol);
	}
	const std::size_t names_at = bytes.size();
	bytes.append(names_size, 'a');
	bytes += '\0';
	for (unsigned i = 0; i < head.e_shnum; ++i) {
		const std::size_t at = head.e_shoff + i * sizeof(ElfW(Shdr));
		auto section = header<ElfW(Shdr)>(bytes, at);
		if (section.sh_type != SHT_DYNSYM)
			continue;
		section.sh_offset = symbols_at;
		section.sh_size = count * sizeof(ElfW(Sym));
		const std::size_t strings = head.e_shoff + section.sh_link * sizeof(ElfW(Shdr));
		auto table = header<ElfW(Shdr)>(bytes, strings);
		table.sh_offset = names_at;
		table.sh_size = names_size + 1;
		put(bytes, section, at);
		put(bytes, table, strings);
	}
	BOOST_TEST(refusal(bytes) == "a damaged ELF file: a name in its string table does not end");
}

} // namespace
