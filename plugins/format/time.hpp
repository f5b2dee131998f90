// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/format/text.hpp"

#include <cstdint>
#include <string_view>

namespace tmon::format {

// UTC nanoseconds split into the parts that are printed.
struct SplitTime {
	uint64_t seconds;
	uint32_t milliseconds;
};
inline SplitTime split_time(uint64_t utc_ns) {
	const uint64_t seconds = utc_ns / 1'000'000'000;
	return {seconds, static_cast<uint32_t>(utc_ns - seconds * 1'000'000'000) / 1'000'000};
}

// "2024-02-29T23:59:59", 19 bytes. 64 bits of nanoseconds end in the year 2554, so four digits do.
inline char* put_iso_seconds(char* out, uint64_t seconds) {
	// Days are counted from 0000-03-01, so that the leap day is the last of its year, in eras of 400
	// years; years are counted from March.
	const auto of_day = static_cast<uint32_t>(seconds % 86'400);
	const auto days = static_cast<uint32_t>(seconds / 86'400) + 719'468;
	const uint32_t era = days / 146'097, of_era = days % 146'097;
	const uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
	const uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const uint32_t march_month = (5 * of_year + 2) / 153;
	const uint32_t day = of_year - (153 * march_month + 2) / 5 + 1;
	const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
	const uint32_t year = year_of_era + 400 * era + (month <= 2 ? 1 : 0);
	const auto put_2 = [&out](uint32_t value, char after) {
		out = detail::put_pair(out, value);
		*out++ = after;
	};
	out = detail::put_pair(out, year / 100);
	put_2(year % 100, '-');
	put_2(month, '-');
	put_2(day, 'T');
	put_2(of_day / 3600, ':');
	put_2(of_day / 60 % 60, ':');
	return detail::put_pair(out, of_day % 60);
}

// "2024-02-29T23:59:59.123Z", 24 bytes.
inline char* put_iso(char* out, uint64_t utc_ns) {
	const SplitTime time = split_time(utc_ns);
	out = put_iso_seconds(out, time.seconds);
	*out++ = '.';
	out = put_3_digits(out, time.milliseconds);
	*out++ = 'Z';
	return out;
}

// Text that depends on the second only, kept until the second changes: packets come in order of time,
// so thousands of lines share it. Render is called as char* (char* out, uint64_t seconds).
template <class Render>
class PerSecond {
public:
	static constexpr std::size_t size = 64; // put always copies this many bytes

	char* put(char* out, uint64_t seconds) {
		if (seconds != seconds_) [[unlikely]] {
			length_ = static_cast<std::size_t>(Render{}(text_, seconds) - text_);
			seconds_ = seconds;
		}
		std::memcpy(out, text_, size);
		return out + length_;
	}

private:
	uint64_t seconds_ = UINT64_MAX; // no event has it: 64 bits of nanoseconds do not reach so far
	std::size_t length_ = 0;
	char text_[size] = {};
};

} // namespace tmon::format
