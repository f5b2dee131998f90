// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/entry_names.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>

namespace tmon {

namespace {

constexpr std::size_t kMostKept = 4096; // names that have been looked up

void write_all(int file, const void* from, std::size_t size) {
	for (const char* at = static_cast<const char*>(from); size > 0;) {
		const ssize_t written = write(file, at, size);
		if (written <= 0)
			throw std::system_error(errno, std::generic_category(), "cannot write the names of the entries");
		at += written;
		size -= static_cast<std::size_t>(written);
	}
}

bool read_at(int file, void* to, std::size_t size, uint64_t offset) {
	return pread(file, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

uint64_t offset_of_names(const EntryNamesHeader& header) {
	return sizeof header + (uint64_t{header.count} + 1) * sizeof(uint32_t);
}

} // namespace

void EntryNamesWriter::add(std::string_view name) {
	name = name.substr(0, kMaxEntryName);
	if (names_.size() + name.size() > std::numeric_limits<uint32_t>::max())
		name = {};
	names_ += name;
	offsets_.push_back(static_cast<uint32_t>(names_.size()));
}

std::shared_ptr<const EntryNames> EntryNamesWriter::finish() {
	const auto names = std::make_shared<EntryNames>();
	names->first_id_ = first_id_;
	names->count_ = static_cast<uint32_t>(offsets_.size() - 1);
	names->file_ = Fd(memfd_create("entry-names", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	const int file = names->file_.get();
	if (file < 0)
		throw std::system_error(errno, std::generic_category(), "cannot make a file for the names of the entries");
	EntryNamesHeader header{{}, first_id_, names->count_, names_.size()};
	std::copy(kEntryNamesMagic.begin(), kEntryNamesMagic.end(), header.magic);
	write_all(file, &header, sizeof header);
	write_all(file, offsets_.data(), offsets_.size() * sizeof offsets_[0]);
	write_all(file, names_.data(), names_.size());
	if (fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot seal the names of the entries");
	return names;
}

bool EntryNameTables::add(Fd file) {
	Table table{std::move(file), {}};
	struct stat status;
	if (fstat(table.file.get(), &status) != 0 || !read_at(table.file.get(), &table.header, sizeof table.header, 0) ||
	    std::string_view(table.header.magic, sizeof table.header.magic) != kEntryNamesMagic ||
	    table.header.count > std::numeric_limits<uint32_t>::max() - table.header.first_id ||
	    table.header.bytes > std::numeric_limits<uint32_t>::max() ||
	    static_cast<uint64_t>(status.st_size) != offset_of_names(table.header) + table.header.bytes)
		return false;
	// Ids begin anew after some hundreds of millions. Who has been given the old name may still read it.
	for (auto known = found_.begin(); known != found_.end();) {
		const auto at = known++;
		if (at->first >= table.header.first_id && at->first - table.header.first_id < table.header.count)
			replaced_.push_back(found_.extract(at));
	}
	tables_.push_front(std::move(table));
	if (tables_.size() > kEntryNameTables)
		tables_.pop_back();
	return true;
}

const EntryNameTables::Table* EntryNameTables::table_of(uint32_t id) const noexcept {
	const auto has = [id](const Table& table) {
		return id >= table.header.first_id && id - table.header.first_id < table.header.count;
	};
	const auto found = std::find_if(tables_.begin(), tables_.end(), has);
	return found == tables_.end() || id == 0 ? nullptr : &*found;
}

bool EntryNameTables::knows(uint32_t id) const noexcept { return table_of(id) != nullptr; }

std::string_view EntryNameTables::find(uint32_t id) {
	if (const auto known = found_.find(id); known != found_.end())
		return known->second;
	const Table* const table = table_of(id);
	if (table == nullptr)
		return {};
	std::string& name = found_[id];
	uint32_t range[2];
	if (read_at(table->file.get(), range, sizeof range,
	            sizeof(EntryNamesHeader) + uint64_t{id - table->header.first_id} * sizeof(uint32_t)) &&
	    range[0] <= range[1] && range[1] <= table->header.bytes && range[1] - range[0] <= kMaxEntryName) {
		name.resize(range[1] - range[0]);
		if (!read_at(table->file.get(), name.data(), name.size(), offset_of_names(table->header) + range[0]))
			name.clear();
	}
	return name;
}

void EntryNameTables::forget_old() {
	replaced_.clear();
	if (found_.size() > kMostKept)
		found_.clear();
}

} // namespace tmon
