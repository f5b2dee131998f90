// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/static_stage.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tmon;

namespace {

Manifest sound_manifest() {
	Manifest manifest;
	manifest.id = "mine";
	manifest.version = "1";
	manifest.abi = {1, 0, 0};
	manifest.description = "does things";
	manifest.capabilities = {Capability::events};
	manifest.config = std::make_shared<Schema>();
	return manifest;
}

ElfFile sound_elf() {
	ElfFile elf;
	elf.exported = {{"tmon_plugin_entry_v1", 56}};
	elf.undefined = {{"memcpy", 0, true}, {"__cxa_finalize", 0, true, true}};
	elf.needed = {"libc.so.6"};
	elf.bind_now = true;
	return elf;
}

CaseResult result_of(const std::string& name, const ElfFile& elf, const Manifest& manifest = sound_manifest(),
                     const LibrarySymbols& libraries = {{"memcpy"}, {}}) {
	const auto results = check_file(elf, manifest, libraries);
	return *std::find_if(results.begin(), results.end(), [&](const CaseResult& result) { return result.name == name; });
}

std::string first_message(const CaseResult& result) { return result.messages.empty() ? "" : result.messages.front(); }

} // namespace

BOOST_AUTO_TEST_SUITE(conformance_static_stage)

BOOST_AUTO_TEST_CASE(a_sound_file_passes) {
	for (const CaseResult& result : check_file(sound_elf(), sound_manifest(), {{"memcpy"}, {}}))
		BOOST_TEST((result.outcome == Outcome::pass), result.name << first_message(result));
}

BOOST_AUTO_TEST_CASE(unique_symbols_are_told_apart) {
	ElfFile elf = sound_elf();
	elf.exported.push_back({"_ZZNSt8__detail18__to_chars_10_implImEEvPcjT_E8__digits", 201, false, false, true});
	BOOST_TEST((result_of("exports", elf).outcome == Outcome::note));
	elf.exported.push_back({"_ZN4mine5tableE", 8, false, false, true});
	const CaseResult result = result_of("exports", elf);
	BOOST_TEST((result.outcome == Outcome::fail));
	BOOST_TEST(first_message(result).find("(STB_GNU_UNIQUE): _ZN4mine5tableE; ") != std::string::npos, first_message(result));
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_code_is_found) {
	ElfFile elf = sound_elf();
	elf.exported[0].function = true;
	BOOST_TEST((result_of("exports", elf).outcome == Outcome::fail));
}

BOOST_AUTO_TEST_CASE(missing_libraries_and_symbols_are_named) {
	ElfFile elf = sound_elf();
	elf.undefined.push_back({"gone", 0, true});
	const CaseResult result = result_of("symbols", elf, sound_manifest(), {{"memcpy"}, {"libgone.so.1"}});
	BOOST_REQUIRE(result.messages.size() == 2u);
	BOOST_TEST(result.messages[0] == "fail: libraries that this machine does not have: libgone.so.1");
	BOOST_TEST(result.messages[1].starts_with("fail: symbols that no library it names gives: gone; "));
}

BOOST_AUTO_TEST_CASE(linking_is_looked_at) {
	for (const auto& [spoil, outcome] : std::initializer_list<std::pair<void (*)(ElfFile&), Outcome>>{
	         {[](ElfFile& elf) { elf.rpath = "/x"; }, Outcome::fail},
	         {[](ElfFile& elf) { elf.runpath = "$ORIGIN"; }, Outcome::fail},
	         {[](ElfFile& elf) { elf.executable_stack = true; }, Outcome::fail},
	         {[](ElfFile& elf) { elf.text_relocations = true; }, Outcome::fail},
	         {[](ElfFile& elf) { elf.bind_now = false; }, Outcome::note},
	         {[](ElfFile& elf) { elf.needed = {"libgcc_s.so.1", "libc.so.6"}; }, Outcome::note},
	         {[](ElfFile& elf) { elf.needed = {"libstdc++.so.6", "libgcc_s.so.1"}; }, Outcome::pass}}) {
		ElfFile elf = sound_elf();
		spoil(elf);
		BOOST_TEST((result_of("linking", elf).outcome == outcome), first_message(result_of("linking", elf)));
	}
}

BOOST_AUTO_TEST_CASE(the_manifest_is_looked_at) {
	Manifest manifest = sound_manifest();
	manifest.abi = {1, 1, 1};
	BOOST_TEST((result_of("abi", sound_elf(), manifest).outcome == Outcome::fail));
	manifest = sound_manifest();
	manifest.config = nullptr;
	manifest.capabilities.clear();
	BOOST_TEST(result_of("manifest", sound_elf(), manifest).messages.size() == 2u);
}

BOOST_AUTO_TEST_CASE(libraries_of_this_machine_are_read) {
	ElfFile elf;
	elf.needed = {"libstdc++.so.6", "libnothing.so.9"};
	const LibrarySymbols symbols = symbols_of_libraries(elf, library_folders());
	BOOST_TEST(symbols.defined.count("memcpy") == 1u); // by way of libc, which libstdc++ needs
	BOOST_TEST(symbols.defined.count("__cxa_throw") == 1u);
	BOOST_TEST(symbols.missing == (std::vector<std::string>{"libnothing.so.9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
