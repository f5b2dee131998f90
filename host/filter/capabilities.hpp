// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>

namespace tmon {

// The capabilities that loading and attaching need and this process lacks, e.g. "CAP_BPF, CAP_PERFMON";
// empty when it has them all.
std::string missing_capabilities();

// Keeps exactly CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. False when that was not possible.
bool keep_only_filter_capabilities();

} // namespace tmon
