// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The text of a list of prefixes: one a line, blank lines, comments from '#' to the end of a line, spaces and tabs
// around a prefix, line ends LF or CRLF.
#pragma once

#include "host/policy/policy.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// Called with the offset in the text where the entry that is wrong starts.
using ListFault = std::function<void(std::size_t offset, std::string message)>;

// Appends the entries of `text`, all of class `kind` and placed in file number `file`, and has `fault` called for each
// line that is none of the above. Without a fault nothing is allocated but the entries.
void parse_list(std::string_view text, EntryClass kind, std::uint32_t file, std::vector<PolicyEntry>& entries,
                const ListFault& fault);

} // namespace tmon
