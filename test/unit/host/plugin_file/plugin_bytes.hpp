// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Shared objects of test/unit/host/plugin_file/plugins, as bytes, with the manifest that a test wants.
#pragma once

#include "host/plugin_file/manifest.hpp"
#include "test/support/temp_dir.hpp"
#include "traffic_monitor/version.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace tmon::test {

inline std::string plugin_bytes(const std::string& name) {
	std::string bytes = read_file(std::string(TMON_TEST_PLUGIN_FILES) + '/' + name + ".so");
	if (bytes.empty())
		throw std::runtime_error("no test plugin " + name);
	return bytes;
}

// Puts `manifest` into the section that the object has for it.
inline std::string with_manifest(std::string bytes, const std::string& manifest) {
	const auto elf = read_elf(bytes);
	for (const ElfSection& section : std::get<ElfFile>(elf).sections) {
		if (section.name != manifest_section)
			continue;
		if (manifest.size() > section.size)
			throw std::runtime_error("no room for the manifest");
		std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(section.offset), section.size, '\0');
		return bytes.replace(section.offset, manifest.size(), manifest);
	}
	throw std::runtime_error("no section for a manifest");
}

// The least a manifest for this host holds, and `more` (", \"key\": value").
inline std::string manifest_text(const std::string& more = "", const std::string& id = "sample") {
	const std::string minor = std::to_string(TMON_ABI_MINOR);
	return R"({"manifest": 1, "id": ")" + id + R"(", "version": "1.0.0", "abi": {"major": )" +
	       std::to_string(TMON_ABI_MAJOR) + R"(, "required": 0, "built": )" + minor +
	       R"(}, "capabilities": ["events"])" + more + '}';
}

inline std::string plugin_with(const std::string& manifest) { return with_manifest(plugin_bytes("plain"), manifest); }

inline std::string joined(const std::vector<std::string>& lines) {
	std::string all;
	for (const std::string& line : lines)
		all += (all.empty() ? "" : "\n") + line;
	return all;
}

} // namespace tmon::test
