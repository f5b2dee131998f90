// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin's file tells without being loaded.
#pragma once

#include "host/conformance/libraries.hpp"
#include "host/conformance/verdict.hpp"
#include "host/plugin_file/manifest.hpp"

#include <vector>

namespace tmon {

// `libraries` are those of `elf`.
std::vector<CaseResult> check_file(const ElfFile& elf, const Manifest& manifest, const LibrarySymbols& libraries);

} // namespace tmon
