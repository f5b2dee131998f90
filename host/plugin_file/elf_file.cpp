// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The format's own structs are read by copy, each after a look at the bounds: what is in the file, aligned or
// not, true or not, is never followed as a pointer.
#include "host/plugin_file/elf_file.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace tmon {

namespace {

using Header = ElfW(Ehdr);
using SectionHeader = ElfW(Shdr);
using Segment = ElfW(Phdr);
using Symbol = ElfW(Sym);
using Dynamic = ElfW(Dyn);

constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kByteOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned kMachine = EM_S390;
#else
#error "name this machine's ELF number here"
#endif

std::string machine_name(unsigned machine) {
	switch (machine) {
	case EM_X86_64: return "x86-64";
	case EM_AARCH64: return "AArch64";
	case EM_386: return "x86 (32-bit)";
	case EM_ARM: return "ARM (32-bit)";
	case EM_RISCV: return "RISC-V";
	case EM_PPC64: return "POWER";
	case EM_S390: return "S/390";
	case EM_BPF: return "BPF";
	default: return "machine number " + std::to_string(machine);
	}
}

// What the file is refused for.
struct Refusal {
	std::string reason;
};

[[noreturn]] void damaged(const std::string& how) { throw Refusal{"a damaged ELF file: " + how}; }

class Reader {
public:
	explicit Reader(std::string_view bytes) : bytes_(bytes), name_budget_(16 * bytes.size()) {}

	ElfFile read();

private:
	template <class T>
	T at(std::uint64_t offset) const {
		if (!fits(offset, sizeof(T)))
			throw Refusal{truncated(offset)};
		T value;
		std::memcpy(&value, bytes_.data() + offset, sizeof value);
		return value;
	}
	bool fits(std::uint64_t offset, std::uint64_t size) const {
		return offset <= bytes_.size() && size <= bytes_.size() - offset;
	}
	static std::string truncated(std::uint64_t offset) {
		return "truncated: it should go on at byte " + std::to_string(offset) + "; copy or build it again";
	}
	void check_identity() const;
	void read_segments();
	void read_section_headers();
	void read_symbols(const SectionHeader& table);
	void read_dynamic(const SectionHeader& table);
	std::string string_in(std::uint64_t section, std::uint64_t offset);

	const std::string_view bytes_;
	// Names may share bytes. Without a bound a small file could ask for any amount of memory.
	std::uint64_t name_budget_;
	Header header_{};
	std::vector<SectionHeader> headers_;
	ElfFile result_;
};

void Reader::check_identity() const {
	if (bytes_.empty())
		throw Refusal{"empty"};
	if (!bytes_.starts_with(ELFMAG))
		throw Refusal{"not an ELF file"};
	if (bytes_.size() < EI_NIDENT + 2 * sizeof(Elf64_Half))
		throw Refusal{truncated(bytes_.size())};
	const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes_[i]); };
	// type and machine stand at the same place for both classes.
	const bool little = byte(EI_DATA) != ELFDATA2MSB;
	const unsigned machine = little ? byte(18) | unsigned{byte(19)} << 8 : byte(19) | unsigned{byte(18)} << 8;
	if (machine != kMachine)
		throw Refusal{"built for " + machine_name(machine) + ", this is " + machine_name(kMachine)};
	if (byte(EI_CLASS) != kClass)
		throw Refusal{std::string("built for ") + (kClass == ELFCLASS64 ? "32" : "64") +
		              " bits, this program has " + (kClass == ELFCLASS64 ? "64" : "32")};
	if (byte(EI_DATA) != kByteOrder)
		throw Refusal{"built for the other byte order"};
}

ElfFile Reader::read() {
	check_identity();
	header_ = at<Header>(0);
	if (header_.e_type != ET_DYN)
		throw Refusal{header_.e_type == ET_REL ? "an object file: link it with -shared"
		                                       : "not a shared object"};
	read_segments();
	read_section_headers();
	const auto first = [&](unsigned type) {
		return std::find_if(headers_.begin(), headers_.end(),
		                    [&](const SectionHeader& section) { return section.sh_type == type; });
	};
	if (const auto symbols = first(SHT_DYNSYM); symbols != headers_.end())
		read_symbols(*symbols);
	if (const auto dynamic = first(SHT_DYNAMIC); dynamic != headers_.end())
		read_dynamic(*dynamic);
	return std::move(result_);
}

void Reader::read_segments() {
	if (header_.e_phentsize != sizeof(Segment) || header_.e_phnum == 0)
		damaged("it has no program headers");
	result_.executable_stack = true; // the system's default where the file does not say
	for (unsigned i = 0; i < header_.e_phnum; ++i) {
		const auto segment = at<Segment>(header_.e_phoff + std::uint64_t{i} * sizeof(Segment));
		if (segment.p_type == PT_GNU_STACK)
			result_.executable_stack = (segment.p_flags & PF_X) != 0;
		if (segment.p_type == PT_LOAD && !fits(segment.p_offset, segment.p_filesz))
			throw Refusal{truncated(bytes_.size())};
	}
}

void Reader::read_section_headers() {
	if (header_.e_shoff == 0)
		return;
	if (header_.e_shentsize != sizeof(SectionHeader))
		damaged("its section headers have another size than the format says");
	// Where there are too many for the header's fields, the first section header has the numbers.
	const auto first = at<SectionHeader>(header_.e_shoff);
	const std::uint64_t count = header_.e_shnum ? header_.e_shnum : first.sh_size;
	const std::uint64_t names = header_.e_shstrndx == SHN_XINDEX ? first.sh_link : header_.e_shstrndx;
	if (count > bytes_.size() / sizeof(SectionHeader) || !fits(header_.e_shoff, count * sizeof(SectionHeader)))
		throw Refusal{truncated(bytes_.size())};
	for (std::uint64_t i = 0; i < count; ++i) {
		headers_.push_back(at<SectionHeader>(header_.e_shoff + i * sizeof(SectionHeader)));
		const SectionHeader& section = headers_.back();
		if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL &&
		    !fits(section.sh_offset, section.sh_size))
			throw Refusal{truncated(bytes_.size())};
	}
	for (const SectionHeader& section : headers_) {
		if (section.sh_type == SHT_NULL)
			continue;
		const bool content = section.sh_type != SHT_NOBITS;
		result_.sections.push_back({string_in(names, section.sh_name), content ? section.sh_offset : 0,
		                            content ? section.sh_size : 0});
	}
}

void Reader::read_symbols(const SectionHeader& table) {
	for (std::uint64_t i = 1; i < table.sh_size / sizeof(Symbol); ++i) { // the first is none
		const auto symbol = at<Symbol>(table.sh_offset + i * sizeof(Symbol));
		const unsigned binding = symbol.st_info >> 4, type = symbol.st_info & 15u;
		const unsigned visibility = symbol.st_other & 3u;
		if (binding == STB_LOCAL || type == STT_SECTION || type == STT_FILE)
			continue;
		ElfSymbol read{string_in(table.sh_link, symbol.st_name), symbol.st_size, type == STT_FUNC,
		               binding == STB_WEAK, binding == STB_GNU_UNIQUE};
		if (symbol.st_shndx == SHN_UNDEF)
			result_.undefined.push_back(std::move(read));
		else if (visibility == STV_DEFAULT || visibility == STV_PROTECTED)
			result_.exported.push_back(std::move(read));
	}
}

void Reader::read_dynamic(const SectionHeader& table) {
	for (std::uint64_t i = 0; i < table.sh_size / sizeof(Dynamic); ++i) {
		const auto entry = at<Dynamic>(table.sh_offset + i * sizeof(Dynamic));
		const std::uint64_t value = entry.d_un.d_val;
		switch (entry.d_tag) {
		case DT_NULL: return;
		case DT_NEEDED: result_.needed.push_back(string_in(table.sh_link, value)); break;
		case DT_RPATH: result_.rpath = string_in(table.sh_link, value); break;
		case DT_RUNPATH: result_.runpath = string_in(table.sh_link, value); break;
		case DT_TEXTREL: result_.text_relocations = true; break;
		case DT_BIND_NOW: result_.bind_now = true; break;
		case DT_FLAGS:
			result_.text_relocations = result_.text_relocations || (value & DF_TEXTREL);
			result_.bind_now = result_.bind_now || (value & DF_BIND_NOW);
			break;
		case DT_FLAGS_1: result_.bind_now = result_.bind_now || (value & DF_1_NOW); break;
		default: break;
		}
	}
}

std::string Reader::string_in(std::uint64_t section, std::uint64_t offset) {
	if (section >= headers_.size() || headers_[section].sh_type != SHT_STRTAB)
		damaged("a name refers to a string table that is none");
	const SectionHeader& table = headers_[section];
	if (offset >= table.sh_size)
		damaged("a name lies outside its string table");
	const std::string_view rest = bytes_.substr(table.sh_offset + offset, table.sh_size - offset);
	// Found within the budget or not at all, so that the search is bounded, too.
	const std::size_t end = rest.substr(0, name_budget_).find('\0');
	if (end == std::string_view::npos)
		damaged("a name in its string table does not end");
	name_budget_ -= end + 1;
	return std::string(rest.substr(0, end));
}

} // namespace

std::variant<ElfFile, std::string> read_elf(std::string_view bytes) {
	try {
		return Reader(bytes).read();
	} catch (Refusal& refusal) {
		return std::move(refusal.reason);
	}
}

} // namespace tmon
