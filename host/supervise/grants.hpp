// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/spawner/open_file.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace tmon {

// The paths that one plugin may have opened on its behalf: those that its own configuration names under a
// key "file" or one that ends in "_file", and "-", the standard output.
class PathGrants {
public:
	// `config_json` is a JSON object; what is not valid grants nothing.
	explicit PathGrants(std::string_view config_json);

	bool allows(std::string_view path) const { return paths_.contains(std::string(path)); }

	// Opens `path`, taken relative to the working directory of the host; `mode` is a TMON_OPEN_ value.
	Opened open(std::string_view path, uint32_t mode) const;

private:
	std::set<std::string> paths_;
};

} // namespace tmon
