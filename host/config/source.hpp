// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// Where a value or a key starts. Source 0 is the configuration file; the others are options, whose
// texts have no lines worth naming.
struct Place {
	std::uint32_t source = 0;
	std::uint32_t offset = 0;

	auto operator<=>(const Place&) const = default;
};

// Turns places into what a user reads.
class Sources {
public:
	Sources(std::string file, std::string_view text);

	// Adds an option; the result is its number.
	std::uint32_t add_option(std::string name);

	Diagnostic diagnostic(Place place, std::string message) const;

	// "line 4, column 7", or the option's name: to refer to a second place within a message.
	std::string describe(Place place) const;

private:
	std::vector<std::string> names_;
	std::vector<std::uint32_t> line_starts_; // of the file
};

// Text of the user inside a message: in double quotes, control characters escaped, cut when long.
std::string quote(std::string_view text);

} // namespace tmon
