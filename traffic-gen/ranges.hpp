// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/address.hpp"
#include "traffic-gen/random.hpp"

namespace tmon {

// What configs/default.json permits: 10.0.0.0/8, 127.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, ::1, fc00::/7 and
// fe80::/10. test/unit//traffic-gen-ranges holds it against that file.
bool is_permitted(const packet::Ipv4Address& address);
bool is_permitted(const packet::Ipv6Address& address);

// Addresses that a host on the Internet may have: neither private nor of any special purpose (IANA's
// registries of special-purpose addresses, multicast, class E).
bool is_public(const packet::Ipv4Address& address);
bool is_public(const packet::Ipv6Address& address);

// Hosts of the named ranges; IPv4 never ends in .0 or .255. Of what is permitted, only addresses that may come
// from elsewhere.
packet::Ipv4Address random_permitted4(Random& random); // 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16
packet::Ipv6Address random_permitted6(Random& random); // fd00::/8
packet::Ipv4Address random_documentation4(Random& random); // 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24
packet::Ipv6Address random_documentation6(Random& random); // 2001:db8::/32
packet::Ipv6Address random_public6(Random& random); // within 2000::/3

// The public IPv4 addresses that end neither in .0 nor in .255, numbered in their order.
uint64_t public4_count();
packet::Ipv4Address public4(uint64_t number); // below public4_count()

} // namespace tmon
