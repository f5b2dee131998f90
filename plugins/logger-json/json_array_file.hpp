// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/common/output.hpp"
#include "traffic_monitor/plugin.hpp"

#include <cstdint>
#include <string>

namespace tmon::plugins {

// A file that holds one JSON array and is a valid one after every write. Each write replaces the end
// of the array, from behind the last element on.
class JsonArrayFile {
public:
	// Starts an empty array in a new or empty file, goes on with the array that the file holds, or throws
	// TMON_E_CONFIG and leaves the file as it is. Reads an existing file from end to end.
	JsonArrayFile(const Host& host, std::string path);

	// Takes elements, each with ",\n" before it. Throws TMON_E_IO; the array is then what it was before.
	void write(LineBuffer& elements);

private:
	void go_on();
	[[noreturn]] void refuse(const std::string& why) const;

	std::string path_;
	Descriptor file_;
	uint64_t elements_end_ = 1; // offset of the first byte behind the last element, or behind the '['
	uint64_t size_ = 0; // of the file
	bool empty_ = true; // no element yet
};

} // namespace tmon::plugins
