// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Packets composed from layers:
//
//	Bytes frame = Ethernet{} / Vlan{.id = 5} / IPv4{.src = "1.2.3.4"} / TCP{.dport = 80} / Payload(10);
//
// Lengths, checksums and the number of the next protocol follow from what comes behind a layer. Every
// optional field overrides what would be filled in, so that a packet may also lie about itself. Numbers are
// in host byte order.
#pragma once

#include "traffic-gen/address.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tmon::packet {

using Bytes = std::vector<uint8_t>;
using Auto8 = std::optional<uint8_t>;
using Auto16 = std::optional<uint16_t>;
using Auto32 = std::optional<uint32_t>;

inline constexpr MacAddress default_src_mac{std::array<uint8_t, 6>{2, 0, 0, 0, 0, 1}};
inline constexpr MacAddress default_dst_mac{std::array<uint8_t, 6>{2, 0, 0, 0, 0, 2}};
inline constexpr Ipv4Address default_src4{0x0a000002};
inline constexpr Ipv4Address default_dst4{0x0a000001};
inline constexpr Ipv6Address default_src6{std::array<uint8_t, 16>{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
inline constexpr Ipv6Address default_dst6{std::array<uint8_t, 16>{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

namespace tcp_flag {
inline constexpr uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40, cwr = 0x80;
}

struct Ethernet {
	MacAddress dst = default_dst_mac;
	MacAddress src = default_src_mac;
	Auto16 type = {}; // or the 802.3 length
};

struct Vlan {
	uint16_t id = 0; // 12 bits; 0 is a priority tag
	uint8_t priority = 0;
	bool drop_eligible = false;
	uint16_t tpid = 0x8100; // becomes the type of the layer in front
	Auto16 type = {};
};

struct Arp {
	uint16_t operation = 1; // request
	MacAddress sender_mac = default_src_mac;
	Ipv4Address sender = default_src4;
	MacAddress target_mac = {};
	Ipv4Address target = default_dst4;
};

struct IPv4 {
	Ipv4Address src = default_src4;
	Ipv4Address dst = default_dst4;
	uint8_t ttl = 64;
	uint8_t tos = 0;
	uint16_t id = 0;
	bool dont_fragment = false;
	bool more_fragments = false;
	uint16_t fragment_offset = 0; // units of 8 octets
	Auto8 protocol = {};
	Bytes options = {}; // padded with zeros (end of options) to a multiple of 4
	uint8_t version = 4;
	Auto8 ihl = {}; // units of 4 octets
	Auto16 total_length = {};
	Auto16 checksum = {};
};

struct IPv6 {
	Ipv6Address src = default_src6;
	Ipv6Address dst = default_dst6;
	uint8_t hop_limit = 64;
	uint8_t traffic_class = 0;
	uint32_t flow_label = 0; // 20 bits
	Auto8 next_header = {};
	uint8_t version = 6;
	Auto16 payload_length = {};
};

// Options are padded with PadN to a multiple of 8 octets, header included. `length` counts units of 8
// octets without the first.
struct HopByHop {
	Bytes options = {};
	Auto8 next_header = {};
	Auto8 length = {};
};

struct DestinationOptions {
	Bytes options = {};
	Auto8 next_header = {};
	Auto8 length = {};
};

// Checksums behind it use the destination of the IPv6 header as it is; types that keep the final
// destination elsewhere need an override.
struct Routing {
	uint8_t type = 4; // segment routing
	uint8_t segments_left = 0;
	Bytes data = {}; // behind segments_left; padded with zeros to a multiple of 8 octets, header included
	Auto8 next_header = {};
	Auto8 length = {}; // units of 8 octets without the first
};

struct Fragment {
	uint16_t offset = 0; // units of 8 octets
	bool more = false;
	uint32_t id = 1;
	Auto8 next_header = {};
	uint8_t reserved = 0;
};

struct AuthenticationHeader {
	uint32_t spi = 256;
	uint32_t sequence = 1;
	Bytes icv = Bytes(12); // padded with zeros to a multiple of 4
	Auto8 next_header = {};
	Auto8 length = {}; // units of 4 octets without the first two
};

struct TCP {
	uint16_t sport = 40000;
	uint16_t dport = 80;
	uint32_t seq = 1;
	uint32_t ack = 0;
	uint8_t flags = tcp_flag::syn;
	uint16_t window = 64240;
	uint16_t urgent = 0;
	Bytes options = {}; // padded with zeros to a multiple of 4
	Auto8 data_offset = {}; // units of 4 octets
	Auto16 checksum = {};
};

struct UDP {
	uint16_t sport = 40000;
	uint16_t dport = 53;
	Auto16 length = {};
	Auto16 checksum = {};
};

// The common header; chunks follow as Raw.
struct SCTP {
	uint16_t sport = 40000;
	uint16_t dport = 2905;
	uint32_t tag = 0;
	Auto32 checksum = {}; // the CRC-32C's value
};

struct ICMP {
	uint8_t type = 8; // echo request
	uint8_t code = 0;
	uint16_t id = 0;
	uint16_t sequence = 0;
	Auto16 checksum = {};
};

struct ICMPv6 {
	uint8_t type = 128; // echo request
	uint8_t code = 0;
	uint16_t id = 0;
	uint16_t sequence = 0;
	Auto16 checksum = {};
};

struct Raw {
	Bytes bytes = {};
};

// `size` octets that count up from 0 and wrap.
struct Payload {
	explicit constexpr Payload(std::size_t octets) : size(octets) {}
	std::size_t size;
};

using Layer = std::variant<Ethernet, Vlan, Arp, IPv4, IPv6, HopByHop, DestinationOptions, Routing, Fragment,
			   AuthenticationHeader, TCP, UDP, SCTP, ICMP, ICMPv6, Raw, Payload>;

template <class T, class V>
inline constexpr bool is_alternative = false;
template <class T, class... L>
inline constexpr bool is_alternative<T, std::variant<L...>> = (std::same_as<T, L> || ...);

template <class T>
concept AnyLayer = is_alternative<std::remove_cvref_t<T>, Layer>;

// Layers from the outside in. A stack can grow in a loop: `stack /= Vlan{...}`.
class Stack {
public:
	Stack() = default;

	template <AnyLayer L>
	Stack(L&& layer) {
		layers_.reserve(5);
		*this /= std::forward<L>(layer);
	}

	template <AnyLayer L>
	Stack& operator/=(L&& layer) {
		layers_.emplace_back(std::forward<L>(layer));
		return *this;
	}
	Stack& operator/=(const Stack& inner) {
		layers_.insert(layers_.end(), inner.layers_.begin(), inner.layers_.end());
		return *this;
	}

	// Behind what `out` holds already. A lone layer's next protocol says "nothing" (59) or "anything".
	void append_to(Bytes& out) const;
	Bytes bytes() const;
	operator Bytes() const { return bytes(); }

private:
	std::vector<Layer> layers_;
};

template <class T>
concept Composable = AnyLayer<T> || std::same_as<std::remove_cvref_t<T>, Stack>;

template <Composable Outer, Composable Inner>
Stack operator/(Outer&& outer, Inner&& inner) {
	Stack result(std::forward<Outer>(outer));
	result /= std::forward<Inner>(inner);
	return result;
}

} // namespace tmon::packet
