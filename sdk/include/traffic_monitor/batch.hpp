// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef TRAFFIC_MONITOR_BATCH_HPP
#define TRAFFIC_MONITOR_BATCH_HPP

#include "plugin.h"

#include <cstddef>
#include <iterator>

namespace tmon {

// The events of a batch as a range of const tmon_event&. Borrowed for the duration of the call.
class Batch {
public:
	class iterator {
	public:
		using iterator_category = std::forward_iterator_tag;
		using value_type = tmon_event;
		using difference_type = std::ptrdiff_t;
		using pointer = const tmon_event*;
		using reference = const tmon_event&;

		iterator() noexcept = default;
		iterator(const unsigned char* at, uint32_t stride) noexcept : at_(at), stride_(stride) {}
		reference operator*() const noexcept { return *reinterpret_cast<pointer>(at_); }
		pointer operator->() const noexcept { return reinterpret_cast<pointer>(at_); }
		iterator& operator++() noexcept {
			at_ += stride_;
			return *this;
		}
		iterator operator++(int) noexcept {
			iterator old = *this;
			at_ += stride_;
			return old;
		}
		friend bool operator==(iterator a, iterator b) noexcept { return a.at_ == b.at_; }
		friend bool operator!=(iterator a, iterator b) noexcept { return a.at_ != b.at_; }

	private:
		const unsigned char* at_ = nullptr;
		uint32_t stride_ = 0;
	};

	explicit Batch(const tmon_batch& raw) noexcept : raw_(&raw) {}

	uint32_t size() const noexcept { return raw_->count; }
	uint32_t ring() const noexcept { return raw_->ring; }
	uint64_t first_seq() const noexcept { return raw_->first_seq; }
	uint64_t lost_before() const noexcept { return raw_->lost_before; }

	// UTC of an event of this batch, nanoseconds since 1970-01-01.
	uint64_t utc_ns(const tmon_event& event) const noexcept {
		return event.time_ns + static_cast<uint64_t>(raw_->clock_offset_ns);
	}

	iterator begin() const noexcept { return {bytes(), raw_->event_stride}; }
	iterator end() const noexcept {
		return {bytes() + static_cast<size_t>(raw_->count) * raw_->event_stride, raw_->event_stride};
	}
	const tmon_batch& raw() const noexcept { return *raw_; }

private:
	const unsigned char* bytes() const noexcept { return static_cast<const unsigned char*>(raw_->events); }
	const tmon_batch* raw_;
};

} // namespace tmon

#endif
