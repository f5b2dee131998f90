// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Sources that are dropped for a time, whatever the policy and the mode. The entries lie in maps that all generations of
// programs share; this is the end of whoever writes them.
#pragma once

#include "host/filter/shared_maps.hpp"
#include "host/policy/prefix.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tmon {

// The shortest prefixes that can be blocked: what is wider is a mistake, and would take the host off its network.
inline constexpr uint8_t kWidestBlockV4 = 8, kWidestBlockV6 = 16;

// Not thread-safe. Times are of CLOCK_MONOTONIC, in nanoseconds.
class BlockList {
public:
	// Begins with what is in the maps, as an earlier run has left it. `maps` outlives the list. Throws FilterError.
	explicit BlockList(const SharedMaps& maps);
	BlockList(const BlockList&) = delete;
	BlockList& operator=(const BlockList&) = delete;

	// Blocks a prefix from now on until `until_ns`; one that is there already keeps the later end. Returns why it
	// could not be done, or an empty string.
	std::string block(const Prefix& prefix, uint64_t until_ns);

	// False when it was not blocked. Throws FilterError.
	bool unblock(const Prefix& prefix);

	// The blocked prefix that covers an address (a prefix of full length), if there is one.
	std::optional<Prefix> covering(const Prefix& address, uint64_t now_ns) const;

	// Takes out what has ended, and says what that was. Throws FilterError.
	std::vector<Prefix> expire(uint64_t now_ns);
	// When there is something to expire next; may be too early after an entry was prolonged or taken out.
	std::optional<uint64_t> next_end_ns() const;

	std::size_t size() const noexcept { return until_.size(); }
	std::size_t capacity() const noexcept { return capacity_; } // of each family
	// When an entry ends; 0 when there is none.
	uint64_t until(const Prefix& prefix) const;
	// By end, the next to end first.
	std::vector<std::pair<Prefix, uint64_t>> entries() const;

private:
	struct Hash {
		std::size_t operator()(const Prefix& prefix) const noexcept;
	};
	struct Family {
		std::size_t size = 0;
		std::array<uint32_t, 129> of_length{}; // entries
	};
	template <class Key>
	void read(SharedMaps::Map map);
	Family& family(const Prefix& prefix) { return prefix.family == 4 ? v4_ : v6_; }
	int store(const Prefix& prefix, uint64_t until_ns);
	int remove(const Prefix& prefix);
	void add(const Prefix& prefix, uint64_t until_ns);
	void forget(const Prefix& prefix);
	void publish_lengths();

	const SharedMaps& maps_;
	std::size_t capacity_;
	boost::unordered_flat_map<Prefix, uint64_t, Hash> until_;
	// A heap, the next end first. What until_ does not confirm is out of date.
	std::vector<std::pair<uint64_t, Prefix>> ends_;
	Family v4_, v6_;
};

} // namespace tmon
