// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/filter/block_list.hpp"
#include "host/filter/doorbell.hpp"
#include "host/filter/xdp_filter.hpp"
#include "host/ring/event_rings.hpp"
#include "host/stats/totals.hpp"

#include <string>
#include <vector>

namespace tmon {

// Packets that arrive on network interfaces: the XDP program and the rings it writes.
class LiveSource {
public:
	// Loads the program; nothing is attached yet. Throws FilterError or RingError.
	explicit LiveSource(const FilterOptions& options);

	// Attaches to every interface, or to none: what was attached is detached again when one fails.
	// Says on the log which mode each got. Throws FilterError.
	void start(XdpMode mode);

	// Attaches to an interface that was gone and is back, under another ifindex. Says the mode. Throws FilterError.
	void attach_again(std::size_t interface, const Interface& now, XdpMode mode);

	// Detaches. Afterwards heads and totals are final.
	void stop();

	const EventRings& rings() const noexcept { return rings_; }
	int rings_descriptor() const { return filter_.rings_descriptor(); }
	Doorbell& doorbell() noexcept { return doorbell_; }
	XdpFilter& filter() noexcept { return filter_; }
	const XdpFilter& filter() const noexcept { return filter_; }
	BlockList& block_list() noexcept { return block_list_; }

	std::vector<uint64_t> heads() const;

	// Adds the counts of packets, and what was reported.
	void add_totals(Totals& totals) const;

private:
	void say_attached(std::size_t interface) const;

	XdpFilter filter_;
	EventRings rings_;
	Doorbell doorbell_;
	BlockList block_list_;
};

} // namespace tmon
