// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/fields.hpp"
#include "host/policy/policy.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// The keys under which the lists of a class are written.
struct ListKeys {
	EntryClass kind;
	std::string_view cidrs, files;
};
inline constexpr ListKeys list_keys[] = {{EntryClass::permitted, "permitted_cidrs", "permitted_files"},
                                         {EntryClass::denied, "denied_cidrs", "denied_files"},
                                         {EntryClass::never_drop, "never_drop", "never_drop_files"}};
constexpr const ListKeys& keys_of(EntryClass kind) { return list_keys[static_cast<std::size_t>(kind)]; }

inline constexpr std::size_t max_list_bytes = 256u << 20;      // of one file
inline constexpr std::size_t max_shown_errors_of_a_list = 100; // of one file; the rest is counted

// Gathers the policy from all lists of a configuration.
class ListReader {
public:
	// `folder` is where relative paths in the configuration start; empty for the working directory, where those of
	// options start in any case.
	ListReader(std::string folder, Sources& sources, Findings& findings)
	    : folder_(std::move(folder)), sources_(sources), findings_(findings) {}

	void read_cidrs(const Value& value, const ListKeys& keys); // the prefixes themselves
	void read_files(const Value& value, const ListKeys& keys); // paths of files

	// Whether the lists of that class hold anything, right or wrong.
	bool holds(EntryClass kind) const { return held_[static_cast<std::size_t>(kind)]; }

	// The files that could be read, in order. Valid until finish().
	std::vector<std::string> files() const;

	// Reports what is given twice, and hands over. Call once, after all lists are read.
	Policy finish();

private:
	// The entries from `first` on, up to the next part, are of one array or file.
	struct Part {
		std::size_t first;
		std::string path;                      // "denied_cidrs", "permitted_files[1]"
		std::uint32_t file = 0;                // source; 0: the prefixes stand in the configuration
		std::vector<std::uint32_t> elements{}; // index in the array, for each entry; empty for a file
	};
	struct FileRead {
		std::string canonical; // path
		std::string element;   // that names it
		Place place;
	};

	void read_element(const Value& value, std::size_t index, EntryClass kind);
	void read_file(const Value& value, const std::string& element, EntryClass kind);
	void add(const Prefix& prefix, EntryClass kind, std::string name, Place place, std::size_t index);
	void file_fault(std::uint32_t file, std::uint32_t offset, std::string message);
	void report_duplicates();
	std::string label(std::size_t entry) const;
	void mark_held(EntryClass kind) { held_[static_cast<std::size_t>(kind)] = true; }

	std::string folder_;
	Sources& sources_;
	Findings& findings_;
	Policy policy_;
	std::vector<Part> parts_;
	std::vector<FileRead> files_;
	std::map<std::uint32_t, std::size_t> faults_; // of each file
	bool held_[std::size(list_keys)]{};
};

} // namespace tmon
