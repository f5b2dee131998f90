// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// Where a value, a key or a line starts, in bytes. Source 0 is the configuration file; the others are files that it
// names, and options, whose texts have no lines worth naming.
struct Place {
	static constexpr std::uint32_t whole = UINT32_MAX; // offset: the source as such; sorted behind all that is in it

	std::uint32_t source = 0;
	std::uint32_t offset = 0;

	auto operator<=>(const Place&) const = default;
};

// Turns places into what a user reads.
class Sources {
public:
	Sources(std::string file, std::string_view text);

	// Add one; the result is its number. The text is not needed afterwards.
	std::uint32_t add_option(std::string name);
	std::uint32_t add_file(std::string name, std::string_view text);

	std::uint32_t size() const { return static_cast<std::uint32_t>(sources_.size()); }
	const std::string& name(std::uint32_t source) const { return sources_[source].name; }
	bool is_file(std::uint32_t source) const { return !sources_[source].line_starts.empty(); }

	Diagnostic diagnostic(Place place, std::string message) const;

	// EntryPlace::file is the source's number.
	EntryPlace entry_place(Place place) const;
	Place place(const EntryPlace& place) const;

	// To refer to a second place within a message at a place in source `from`: "line 4, column 7", "other.txt:4:7" in
	// another file, or the option's name.
	std::string describe(Place place, std::uint32_t from = 0) const;

private:
	struct Source {
		std::string name;
		std::vector<std::uint32_t> line_starts; // offsets; empty for an option
	};

	std::vector<Source> sources_;
};

// Text of the user inside a message: in double quotes, cut when long, control characters and what is not UTF-8 escaped.
std::string quote(std::string_view text);

} // namespace tmon
