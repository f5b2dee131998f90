// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tmon {

enum class Severity { debug, info, warning, error };

// Diagnostics of the host go to standard error, one line each, through Boost.Log. `verbose` shows debug
// lines too. Call once, before the first line.
void start_log(bool verbose);

// Whether lines of that severity are shown. [any-thread]
bool shows(Severity severity);

// [any-thread]
void log(Severity severity, std::string_view text);
inline void log_debug(std::string_view text) { log(Severity::debug, text); }
inline void log_info(std::string_view text) { log(Severity::info, text); }
inline void log_warning(std::string_view text) { log(Severity::warning, text); }
inline void log_error(std::string_view text) { log(Severity::error, text); }

// `text` with control characters made visible, so that a foreign text stays on its line.
std::string printable(std::string_view text);

} // namespace tmon
