// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/console/summary.hpp"

#include "plugins/format/fields.hpp"
#include "plugins/format/text.hpp"
#include "plugins/format/time.hpp"

#include <array>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace tmon::console {

namespace {

__attribute__((format(printf, 2, 3))) void append(std::string& out, const char* pattern, ...) {
	std::array<char, 512> text;
	va_list arguments;
	va_start(arguments, pattern);
	const int size = std::vsnprintf(text.data(), text.size(), pattern, arguments);
	va_end(arguments);
	if (size > 0)
		out.append(text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1));
}

std::string protocols_of(const Source& source) {
	std::string names;
	// Known ones in the order of their names' table, "Unknown", which comes first there, last.
	for (unsigned i = 1; i <= std::size(format::protocol_names); ++i) {
		const unsigned protocol = i % static_cast<unsigned>(std::size(format::protocol_names));
		if ((source.protocols >> protocol & 1) != 0)
			(names += names.empty() ? "" : " ") += format::protocol_names[protocol];
	}
	return names;
}

} // namespace

void Traffic::add(const Batch& batch) {
	for (const tmon_event& event : batch) {
		++packets_;
		bytes_ += event.packet_size;
		if (event.ip_version == 4 || event.ip_version == 6)
			sources_.add(event, batch.utc_ns(event));
		else
			++undecidable_;
	}
}

void Traffic::append_sources(std::string& out) const {
	const std::vector<Source> top = sources_.top(10);
	if (top.empty())
		return;
	append(out, "Top %zu sources by packets%s:\n", top.size(),
	       sources_.evicted() != 0 ? " (counts are at least these)" : "");
	append(out, "  %-39s %12s %15s %12s  %s\n", "source", "packets", "bytes", "duration", "protocols");
	for (const Source& source : top) {
		char address[64];
		*format::put_address(address, source.address, source.ip_version) = '\0';
		append(out, "  %-39s %12" PRIu64 " %15" PRIu64 " %10.1f s  %s\n", address, source.packets, source.bytes,
		       static_cast<double>(source.last_ns - source.first_ns) / 1e9, protocols_of(source).c_str());
	}
}

std::string Traffic::summary(const tmon_tick& tick) const {
	char time[32];
	*format::put_iso(time, tick.now_ns + static_cast<uint64_t>(tick.clock_offset_ns)) = '\0';
	std::string out;
	append(out, "=== %s %s ===\n", (tick.flags & TMON_TICK_FINAL) != 0 ? "Final summary" : "Summary", time);
	append(out,
	       "Run: seen %" PRIu64 ", permitted %" PRIu64 ", denied %" PRIu64 ", dropped %" PRIu64
	       ", passed unfiltered %" PRIu64 "\n",
	       tick.seen, tick.permitted, tick.denied, tick.dropped, tick.passed_unfiltered);
	append(out,
	       "Non-permitted traffic: %" PRIu64 " packets, %" PRIu64 " bytes, %s%" PRIu64 " unique source addresses\n",
	       packets_, bytes_, sources_.evicted() != 0 ? "at least " : "", sources_.size());
	if (undecidable_ != 0)
		append(out, "Without a readable source: %" PRIu64 " packets\n", undecidable_);
	append(out, "Losses: %" PRIu64 " lagged, %" PRIu64 " failed\n", tick.lagged, tick.failed);
	if (sources_.evicted() != 0)
		append(out, "Sources dropped from the table of %zu to make room: %" PRIu64 "\n", sources_.capacity(),
		       sources_.evicted());
	append_sources(out);
	return out;
}

} // namespace tmon::console
