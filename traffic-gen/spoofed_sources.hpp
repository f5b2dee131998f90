// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/address.hpp"

#include <cstdint>

namespace tmon {

// Public addresses in an order that looks random, each of them once: address number i, for any i, without a memory
// of the others.
class SpoofedSources {
public:
	explicit SpoofedSources(uint64_t seed);

	// Distinct for distinct numbers, IPv4 as far as there are addresses (3.6 thousand millions).
	packet::Ipv4Address v4(uint64_t number) const;
	packet::Ipv6Address v6(uint64_t number) const;

private:
	uint32_t permute(uint32_t value) const;

	uint64_t key_;
	uint64_t count_;
};

} // namespace tmon
