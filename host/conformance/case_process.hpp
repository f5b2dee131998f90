// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/case_list.hpp"
#include "host/conformance/verdict.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/spawner/spawner.hpp"

#include <boost/asio/io_context.hpp>

#include <set>
#include <string>

namespace tmon {

// What a case may have opened: the files that its configurations name.
using CasePaths = std::set<std::string>;

// Runs one case in a process of its own, started by `spawner`, and adds what it has found to `result`; also how the
// process has ended when it did not come to the end of the case. Throws std::system_error when it cannot be started.
void run_case_process(boost::asio::io_context& io, Spawner& spawner, const PluginFile& file, const CaseOrder& order,
                      const CasePaths& paths, CaseResult& result);

} // namespace tmon
