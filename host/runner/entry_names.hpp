// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The names of list entries, for events that carry an entry's id: one table for each generation of the policy, a sealed
// memfd that the host makes and hands to every runner.
//
//     EntryNamesHeader | (count + 1) uint32_t: where each name begins, and where the last ends | the names
//
// In the byte order of the machine. Ids grow over the generations of a run, and none is given twice.
#pragma once

#include "host/system/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tmon {

struct EntryNamesHeader {
	char magic[8]; // kEntryNamesMagic
	uint32_t first_id;
	uint32_t count;
	uint64_t bytes; // of all names together
};
constexpr std::string_view kEntryNamesMagic{"tmonname", 8};
constexpr std::size_t kEntryNameTables = 8; // that a runner keeps, the latest
constexpr std::size_t kMaxEntryName = 256;  // bytes; what is longer is cut

// The table of one generation, as the host has it: written once, read-only for whoever gets the descriptor.
class EntryNames {
public:
	uint32_t first_id() const noexcept { return first_id_; }
	uint32_t count() const noexcept { return count_; }
	int descriptor() const noexcept { return file_.get(); }

private:
	friend class EntryNamesWriter;
	uint32_t first_id_ = 0, count_ = 0;
	Fd file_;
};

// Gathers the names of a generation in the order of their ids.
class EntryNamesWriter {
public:
	// `first_id` is that of the first name; 0 is none.
	explicit EntryNamesWriter(uint32_t first_id) : first_id_(first_id), offsets_{0} {}

	// An empty name costs four bytes: for entries that no event can carry.
	void add(std::string_view name);
	// Throws std::system_error when there is no memory for it. Once.
	std::shared_ptr<const EntryNames> finish();

private:
	uint32_t first_id_;
	std::vector<uint32_t> offsets_;
	std::string names_;
};

// The tables that a runner has been given. Looks names up in the files, and keeps those that have been asked for: a table of
// millions takes nothing of the memory that a plugin may use. One thread at a time.
class EntryNameTables {
public:
	// Takes a table; the oldest goes when there are more than kEntryNameTables. False when it is damaged.
	bool add(Fd file);
	// Whether some table has that id.
	bool knows(uint32_t id) const noexcept;
	// Empty when it is in no table, has no name, or its table is damaged. Valid until forget_old.
	std::string_view find(uint32_t id);
	// Bounds what is kept. What find has returned before is not valid any more.
	void forget_old();

private:
	struct Table {
		Fd file;
		EntryNamesHeader header;
	};
	const Table* table_of(uint32_t id) const noexcept;

	std::deque<Table> tables_; // the latest first
	std::unordered_map<uint32_t, std::string> found_;
	std::vector<std::unordered_map<uint32_t, std::string>::node_type> replaced_; // until forget_old
};

} // namespace tmon
