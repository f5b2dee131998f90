// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/document.hpp"
#include "host/config/load.hpp"

#include <vector>

namespace tmon {

// Puts `setting` into the document. Missing objects on the way are made; an index may be that of an
// element or the one behind the last, which appends. On an error the document is unchanged.
std::vector<Finding> apply_setting(Value& root, const Setting& setting, Sources& sources);

} // namespace tmon
