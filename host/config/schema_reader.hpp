// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/schema.hpp"

#include <optional>
#include <string_view>

namespace tmon {

// Reads a schema from a document. Reported as errors are also keywords outside the subset, keywords that mean
// nothing for the type, and a schema that contradicts itself: no value fits, or its own default does not.
// Empty after an error. `path` is the schema's own, as in Findings.
std::optional<Schema> read_schema(const Value& value, std::string_view path, Findings& findings);

} // namespace tmon
