// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A filter that outlives its run: the maps and links that are pinned, and how another run finds them again.
#pragma once

#include "host/filter/shared_maps.hpp"
#include "host/system/fd.hpp"
#include "host/system/interfaces.hpp"

#include <array>
#include <optional>
#include <vector>

namespace tmon {

// What an earlier run has left.
struct PinnedFilter {
	std::array<Fd, SharedMaps::kMaps> maps;
	// Per interface; empty where its link is of an interface that is gone, even if another one has its name now.
	std::vector<Fd> links;
};

// Finds what is pinned for exactly these interfaces; nothing when nothing is. Throws FilterError when only some of it is
// there, when it has another layout than these sizes make, or when a run that is alive holds it.
std::optional<PinnedFilter> find_pinned(const std::vector<Interface>& interfaces, const SharedMapSizes& sizes);

// Pins maps and links, or nothing of what was not pinned before. Links are in the order of the interfaces. Throws FilterError.
void pin_filter(const std::vector<Interface>& interfaces, const SharedMaps& maps, const SharedMapSizes& sizes,
                const std::vector<int>& links);

// Pins the link of one interface in place of what was there. Throws FilterError.
void pin_link(const Interface& interface, int link);

} // namespace tmon
