// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/static_stage.hpp"

#include "traffic_monitor/plugin.h"

#include <algorithm>
#include <string_view>

namespace tmon {

namespace {

constexpr std::size_t kNamesShown = 5;

std::string list(const std::vector<std::string>& names) {
	std::string text;
	for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
		text += (i ? ", " : "") + names[i];
	return names.size() > kNamesShown ? text + " and " + std::to_string(names.size() - kNamesShown) + " more" : text;
}

// A mangled name of something in namespace std.
bool is_of_standard_library(std::string_view name) {
	name.remove_prefix(std::min<std::size_t>(name.size(), 2)); // _Z
	for (const std::string_view prefix : {"GV", "Z", "TV", "TI", "TS", "GR"}) {
		if (name.starts_with(prefix))
			name.remove_prefix(prefix.size());
	}
	for (const std::string_view prefix : {"NKSt", "NSt", "St"}) {
		if (name.starts_with(prefix))
			return true;
	}
	return false;
}

CaseResult check_manifest(const Manifest& manifest) {
	CaseResult result{"static", "manifest", "what the file says about itself"};
	if (manifest.capabilities.empty())
		result.add(Outcome::note, "it names no capability: the plugin would never be called between create and destroy");
	if (manifest.description.empty())
		result.add(Outcome::note, "it has no \"description\"");
	if (!manifest.config)
		result.add(Outcome::note, "it has no \"config\" schema: nobody is told of a misspelt key");
	return result;
}

CaseResult check_abi(const ManifestAbi& abi) {
	CaseResult result{"static", "abi", "which hosts can run it"};
	if (const std::string reason = refuse_abi(abi); !reason.empty())
		result.add(Outcome::fail, reason);
	else if (abi.required > 0 && abi.required == abi.built)
		result.add(Outcome::note, "it requires the newest minor that it was built with: older hosts refuse it");
	return result;
}

CaseResult check_exports(const ElfFile& elf) {
	CaseResult result{"static", "exports", "the symbols that it shows to others"};
	std::vector<std::string> others, unique, unique_of_library;
	for (const ElfSymbol& symbol : elf.exported) {
		if (symbol.name == TMON_PLUGIN_ENTRY_SYMBOL) {
			if (symbol.function)
				result.add(Outcome::fail, TMON_PLUGIN_ENTRY_SYMBOL " is a function, and has to be data");
		} else if (symbol.unique) {
			(is_of_standard_library(symbol.name) ? unique_of_library : unique).push_back(symbol.name);
		} else if (!symbol.weak) { // weak ones are inline functions of headers: they stay with whoever loads it locally
			others.push_back(symbol.name);
		}
	}
	if (!unique.empty())
		result.add(Outcome::fail, "symbols that are one for the whole process (STB_GNU_UNIQUE): " + list(unique) +
		                              "; compile with -fvisibility=hidden, or with -fno-gnu-unique");
	if (!unique_of_library.empty())
		result.add(Outcome::note, "symbols of the standard library that keep it loaded for ever (STB_GNU_UNIQUE): " +
		                              list(unique_of_library) + "; compile with -fno-gnu-unique");
	if (!others.empty())
		result.add(Outcome::note, "it exports more than " TMON_PLUGIN_ENTRY_SYMBOL ": " + list(others) +
		                              "; compile with -fvisibility=hidden");
	return result;
}

CaseResult check_symbols(const ElfFile& elf, const LibrarySymbols& libraries) {
	CaseResult result{"static", "symbols", "whether all that it needs is there"};
	if (!libraries.missing.empty())
		result.add(Outcome::fail, "libraries that this machine does not have: " + list(libraries.missing));
	std::vector<std::string> undefined;
	for (const ElfSymbol& symbol : elf.undefined) {
		if (!symbol.weak && !libraries.defined.contains(symbol.name))
			undefined.push_back(symbol.name);
	}
	if (!undefined.empty())
		result.add(Outcome::fail, "symbols that no library it names gives: " + list(undefined) +
		                              "; link with -Wl,-z,defs and the libraries it uses");
	return result;
}

CaseResult check_linking(const ElfFile& elf) {
	CaseResult result{"static", "linking", "how it was linked"};
	if (!elf.rpath.empty() || !elf.runpath.empty())
		result.add(Outcome::fail, (elf.rpath.empty() ? "RUNPATH \"" + elf.runpath : "RPATH \"" + elf.rpath) +
		                              "\": whoever can write there chooses its libraries; link without -rpath");
	if (elf.executable_stack)
		result.add(Outcome::fail, "it wants an executable stack; link with -Wl,-z,noexecstack");
	if (elf.text_relocations)
		result.add(Outcome::fail, "its code is changed while it is loaded (text relocations); compile with -fPIC");
	if (!elf.bind_now)
		result.add(Outcome::note, "symbols are bound lazily where the loader lets them; link with -Wl,-z,now");
	const auto is_cpp_runtime = [](const std::string& name) { return name.starts_with("libstdc++") || name.starts_with("libc++"); };
	const bool shared_runtime = std::any_of(elf.needed.begin(), elf.needed.end(), is_cpp_runtime);
	const auto is_unwinder = [](const std::string& name) { return name.starts_with("libgcc_s"); };
	if (!shared_runtime && std::any_of(elf.needed.begin(), elf.needed.end(), is_unwinder))
		result.add(Outcome::note, "it seems to hold a C++ runtime of its own: fine, as long as no exception leaves it");
	return result;
}

} // namespace

std::vector<CaseResult> check_file(const ElfFile& elf, const Manifest& manifest, const LibrarySymbols& libraries) {
	return {{"static", "file", "owner, mode, folders, format"}, // there is no ElfFile of one that is not so
	        check_manifest(manifest),
	        check_abi(manifest.abi),
	        check_exports(elf),
	        check_symbols(elf, libraries),
	        check_linking(elf)};
}

} // namespace tmon
