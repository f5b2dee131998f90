// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/common/output.hpp"
#include "traffic_monitor/plugin.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tmon::plugins {

// Gathers the records of batches and brings them into a file: after a batch that left at least
// `threshold` bytes, and at each flush. Whole batches go out in one write, up to a bound.
//
// Record: put(char* out, const tmon_event&, uint64_t utc_ns) and max_size; File: write(LineBuffer&), which empties
// the buffer whether it throws or not.
template <class Record, class File>
class Delivery {
public:
	Delivery(Record record, File& file, std::size_t threshold)
	    : record_(record), file_(&file), threshold_(threshold),
	      lines_(std::max(threshold, most_gathered) + Record::max_size) {}

	void take(const Batch& batch) {
		for (const tmon_event& event : batch) {
			if (lines_.space() < Record::max_size) [[unlikely]]
				write();
			lines_.set_end(record_.put(lines_.end(), event, batch.utc_ns(event)));
		}
		if (lines_.size() >= threshold_)
			write();
		taken_ = true;
	}

	// Fails also when a write has failed since the last flush: the lines that were lost then may be of
	// batches that were taken successfully, and only a failing flush tells the host of these.
	void flush() {
		const bool lost = std::exchange(lost_, false) && taken_;
		taken_ = false;
		if (!lines_.empty())
			file_->write(lines_);
		if (lost)
			throw Error(TMON_E_IO, "lines taken since the last flush are lost");
	}

private:
	static constexpr std::size_t most_gathered = 256 * 1024;

	void write() {
		const bool lost_before = std::exchange(lost_, true);
		file_->write(lines_);
		lost_ = lost_before;
	}

	Record record_;
	File* file_;
	std::size_t threshold_;
	LineBuffer lines_;
	bool taken_ = false; // a batch was taken since the last flush
	bool lost_ = false; // lines were lost since the last flush
};

} // namespace tmon::plugins
