// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin says about itself in a section of its file, to be known before any of its code runs.
// docs/manifest.md describes it for authors.
#pragma once

#include "host/config/config.hpp"
#include "host/config/schema.hpp"
#include "host/plugin_file/elf_file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tmon {

inline constexpr std::string_view manifest_section = ".tmon.manifest";
inline constexpr std::size_t max_manifest_bytes = 1u << 20;

enum class Capability { events, alerts, ticks, end, state, reconfigure };
std::string_view to_string(Capability capability);

struct ManifestAbi {
	std::uint32_t major = 0;
	std::uint32_t required = 0; // the lowest minor of a host that it works with
	std::uint32_t built = 0;    // the minor of the headers it was built with
};

struct Manifest {
	std::string id;
	std::string version; // the plugin's own
	ManifestAbi abi;
	std::string description, author, license, homepage; // empty where it says nothing
	std::set<Capability> capabilities;
	std::set<Permission> permissions;     // wanted, not granted
	std::shared_ptr<const Schema> config; // null: any object is accepted as it is
	std::string text;                     // all of it, as it stands in the file
};

// The text in a plugin's manifest section, without the NULs that pad it; or why there is none. `bytes` are
// those that `elf` was read from.
std::variant<std::string_view, std::string> find_manifest(const ElfFile& elf, std::string_view bytes);

// All that is wrong is reported, with line and column within the manifest. What this host does not know is an
// error, but not in a plugin that was built with newer headers of the same major and does not require them.
std::variant<Manifest, std::vector<Diagnostic>> parse_manifest(std::string_view text);

// Whether a host with that ABI can run such a plugin; the reason when not, else empty.
std::string refuse_abi(const ManifestAbi& abi, std::uint32_t host_major, std::uint32_t host_minor);
std::string refuse_abi(const ManifestAbi& abi); // this host

// Whether it can be the id of a plugin: 1 to 64 lower-case letters, digits and '-'.
bool is_plugin_id(std::string_view text);

} // namespace tmon
