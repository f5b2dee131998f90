// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <string>
#include <variant>

namespace tmon {

// The whole text of the configuration file, or why it cannot be had and what to do. "-" is standard input.
std::variant<std::string, Diagnostic> read_text_file(const std::string& path, std::size_t most_bytes);

// Why a file that the configuration names cannot be read, and what to do.
struct FileError {
	std::string reason;
	bool not_found = false;
};

// The whole text of a regular file. Never waits: what is a FIFO, a device or a directory is refused.
std::variant<std::string, FileError> read_regular_file(const std::string& path, std::size_t most_bytes);

} // namespace tmon
