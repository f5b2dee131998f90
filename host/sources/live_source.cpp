// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/sources/live_source.hpp"

#include "host/diagnostics/log.hpp"

namespace tmon {

LiveSource::LiveSource(const FilterOptions& options)
    : filter_(options), rings_(filter_.rings_descriptor()), doorbell_(filter_.maps()), block_list_(filter_.maps()) {}

void LiveSource::start(XdpMode mode) {
	filter_.attach(mode);
	for (std::size_t i = 0; i < filter_.interfaces().size(); ++i)
		say_attached(i);
	for (const std::string& name : filter_.not_adopted())
		log_warning(name + " was not filtered until now: what was pinned for it had gone with its interface");
}

void LiveSource::say_attached(std::size_t interface) const {
	const Attachment& attachment = filter_.attachment(interface);
	log_info("attached to " + filter_.interfaces()[interface].name + " in " +
	         (attachment.is_native() ? "native" : "generic") + " mode" +
	         (attachment.note().empty() ? "" : "; " + attachment.note()));
}

void LiveSource::attach_again(std::size_t interface, const Interface& now, XdpMode mode) {
	filter_.attach_again(interface, now, mode);
	say_attached(interface);
}

void LiveSource::stop() { filter_.detach(); }

std::vector<uint64_t> LiveSource::heads() const {
	std::vector<uint64_t> heads;
	for (uint32_t ring = 0; ring < rings_.rings(); ++ring)
		heads.push_back(rings_.head(ring));
	return heads;
}

void LiveSource::add_totals(Totals& totals) const {
	// Heads before counters: a packet is counted before it is reported, so `reported` is never ahead.
	for (const uint64_t head : heads())
		totals.reported += head;
	for (std::size_t i = 0; i < filter_.interfaces().size(); ++i) {
		totals.interfaces.push_back({filter_.interfaces()[i].name, filter_.counters(i)});
		totals.packets.add(totals.interfaces.back().counters);
	}
}

} // namespace tmon
