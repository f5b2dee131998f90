// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/console/source_table.hpp"

#include "plugins/format/fields.hpp"

#include <algorithm>
#include <cstring>

namespace tmon::console {

void SourceTable::add(const tmon_event& event, uint64_t utc_ns) {
	Source* const set = &sources_[(hash_(event.src) & mask_) * ways];
	Source* place = set;
	for (Source* source = set; source != set + ways; ++source) {
		if (source->packets != 0 && std::memcmp(source->address, event.src, 16) == 0 &&
		    source->ip_version == event.ip_version) {
			place = source;
			break;
		}
		if (source->packets < place->packets)
			place = source;
	}
	Source& source = *place;
	if (source.packets == 0 || std::memcmp(source.address, event.src, 16) != 0 ||
	    source.ip_version != event.ip_version) {
		++(source.packets == 0 ? size_ : evicted_);
		source = Source{};
		std::memcpy(source.address, event.src, 16);
		source.ip_version = event.ip_version;
		source.first_ns = source.last_ns = utc_ns;
	}
	++source.packets;
	source.bytes += event.packet_size;
	// Rings are read one after the other, so times do not only grow.
	source.first_ns = std::min(source.first_ns, utc_ns);
	source.last_ns = std::max(source.last_ns, utc_ns);
	source.protocols |= 1u << static_cast<unsigned>(format::protocol_of(event.protocol));
}

std::vector<Source> SourceTable::top(std::size_t count) const {
	std::vector<Source> result(std::min<std::size_t>(count, size_));
	const auto before = [](const Source& a, const Source& b) {
		if (a.packets != b.packets)
			return a.packets > b.packets;
		if (a.bytes != b.bytes)
			return a.bytes > b.bytes;
		return std::memcmp(a.address, b.address, 16) < 0;
	};
	// Unused places have no packets and sort last.
	std::partial_sort_copy(sources_.begin(), sources_.end(), result.begin(), result.end(), before);
	return result;
}

} // namespace tmon::console
