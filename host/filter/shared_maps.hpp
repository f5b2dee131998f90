// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The maps that outlive a policy: all generations of programs use the same ones.
#pragma once

#include "bpf/counters.h"
#include "bpf/filter_state.h"
#include "bpf/ring_layout.h"
#include "host/system/fd.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tmon {

// How large they are. Whoever adopts pinned maps must want the same.
struct SharedMapSizes {
	std::size_t interfaces = 1; // elements of `counters`
	uint64_t ring_bytes = 4u << 20; // wanted for each ring
	uint32_t block_list = 131072; // entries of each family
};

class SharedMaps {
public:
	enum class Map { event_rings, counters, doorbell, state, blocked_v4, blocked_v6, count };
	static constexpr std::size_t kMaps = static_cast<std::size_t>(Map::count);
	// Names in the program and, pinned, in a folder; in the order of Map.
	static constexpr std::array<const char*, kMaps> kNames = {"event_rings", "counters",   "doorbell",
	                                                          "state",       "blocked_v4", "blocked_v6"};

	// Makes them. The rings are frozen: from here on only programs can write them, whoever holds the descriptor.
	// Throws FilterError or RingError.
	explicit SharedMaps(const SharedMapSizes& sizes);
	// Takes over those of another run. Throws FilterError when they are not of these sizes.
	SharedMaps(std::array<Fd, kMaps> maps, const SharedMapSizes& sizes);
	~SharedMaps();
	SharedMaps(const SharedMaps&) = delete;
	SharedMaps& operator=(const SharedMaps&) = delete;

	int descriptor(Map map) const noexcept { return maps_[static_cast<std::size_t>(map)].get(); }
	const tmon_rings& layout() const noexcept { return layout_; }

	// Memory that the programs share.
	tmon_filter_state& state() const noexcept { return *state_; }

	// Of one interface, summed over the CPUs. Throws FilterError.
	tmon_counters counters(std::size_t interface) const;

private:
	void map_state();

	tmon_rings layout_;
	std::array<Fd, kMaps> maps_;
	tmon_filter_state* state_ = nullptr;
};

// Highest CPU number this kernel may ever bring up, plus 1. Throws FilterError.
uint32_t possible_cpus();

} // namespace tmon
