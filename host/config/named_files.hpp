// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/schema.hpp"

#include <string>
#include <vector>

namespace tmon {

// The files that a plugin's configuration names, as its user wrote it: strings under a key "file" or one that ends
// in "_file", and those where the schema, if there is one, says "format": "path". The host opens them for the plugin
// with its own rights, so `settings` must not have the defaults of the schema filled in yet: the plugin's author wrote
// these, and would grant himself any file.
std::vector<std::string> named_files(const Value& settings, const Schema* schema);

} // namespace tmon
