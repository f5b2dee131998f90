/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a frame is: link layer, network layer, transport layer, in this order and only as far as it is
 * asked for. Compiled by clang into the XDP program and natively into everything that reads captures
 * and into the tests: the same source, the same answers.
 *
 * Formats: IEEE 802.1Q-2022 (tags), RFC 791, RFC 8200 (IPv6 and its extension headers), RFC 4302 (AH
 * counts its length in 4-octet units).
 *
 * A function that finds less than it needs says so in `reason` or `flags`; it never reads at or behind
 * `end`.
 */
#ifndef TMON_BPF_PARSE_H
#define TMON_BPF_PARSE_H

#include "bytes.h"

#include <traffic_monitor/event.h>

#define TMON_ETHERNET_HEADER 14
#define TMON_VLAN_TAGS_MAX 2
#define TMON_EXTENSIONS_MAX 8 /* IPv6 extension headers followed */

enum tmon_network {
	TMON_NETWORK_OTHER, /* neither IP nor ARP */
	TMON_NETWORK_ARP,
	TMON_NETWORK_IPV4,
	TMON_NETWORK_IPV6,
	TMON_NETWORK_UNDECIDABLE, /* meant to be IP, but no source can be told: see reason */
};

struct tmon_frame {
	const uint8_t *l3;   /* first byte behind the link layer */
	const uint8_t *l4;   /* first byte behind the IP header and IPv6 extensions; NULL when there is none */
	uint32_t ip_length;  /* bytes, as tmon_event.packet_size */
	uint32_t entry;      /* of the list entry that refuses the source, 0 = none: no part of the parse */
	uint16_t src_port;   /* host order, as tmon_event */
	uint16_t dst_port;
	uint16_t vlan;
	uint8_t network;     /* enum tmon_network */
	uint8_t ip_version;  /* 0 until the header has been found sound enough to carry addresses */
	uint8_t protocol;
	uint8_t tcp_flags;
	uint8_t reason;      /* TMON_REASON_ when undecidable */
	uint8_t flags;       /* TMON_EVENT_ */
};

static __always_inline int tmon_is_vlan(uint16_t ether_type)
{
	return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100;
}

static __always_inline void tmon_undecidable(struct tmon_frame *frame, uint8_t reason)
{
	frame->network = TMON_NETWORK_UNDECIDABLE;
	frame->reason = reason;
}

/* Sets l3, network and the VLAN fields; clears all others. */
static __always_inline void tmon_parse_link(const uint8_t *data, const uint8_t *end, struct tmon_frame *frame)
{
	const uint8_t *at = data + TMON_ETHERNET_HEADER;
	uint16_t ether_type;

	__builtin_memset(frame, 0, sizeof(*frame));
	frame->l3 = data;
	if (at > end) {
		tmon_undecidable(frame, TMON_REASON_TRUNCATED);
		return;
	}
	ether_type = tmon_load_be16(data + 12);
#ifdef __bpf__
#pragma unroll
#endif
	for (int tag = 0; tag < TMON_VLAN_TAGS_MAX; tag++) {
		if (!tmon_is_vlan(ether_type))
			break;
		frame->l3 = at;
		if (at + 4 > end) {
			tmon_undecidable(frame, TMON_REASON_TRUNCATED);
			return;
		}
		if (tag == 0) {
			frame->vlan = tmon_load_be16(at) & 0x0fff;
			frame->flags |= TMON_EVENT_VLAN;
		}
		ether_type = tmon_load_be16(at + 2);
		at += 4;
	}
	frame->l3 = at;
	if (ether_type == 0x0800)
		frame->network = TMON_NETWORK_IPV4;
	else if (ether_type == 0x86dd)
		frame->network = TMON_NETWORK_IPV6;
	else if (ether_type == 0x0806)
		frame->network = TMON_NETWORK_ARP;
	else if (tmon_is_vlan(ether_type))
		tmon_undecidable(frame, TMON_REASON_VLAN_DEPTH);
}

/* For TMON_NETWORK_IPV4: checks the header; source and destination are at l3 + 12 and l3 + 16 when
 * ip_version is set. */
static __always_inline void tmon_parse_ipv4(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *ip = frame->l3;
	uint32_t header, fragment;

	if (ip + 20 > end) {
		tmon_undecidable(frame, TMON_REASON_TRUNCATED);
		return;
	}
	if (ip[0] >> 4 != 4) {
		tmon_undecidable(frame, TMON_REASON_BAD_VERSION);
		return;
	}
	frame->ip_version = 4;
	frame->protocol = ip[9];
	frame->ip_length = tmon_load_be16(ip + 2);
	header = (uint32_t)(ip[0] & 0x0f) * 4;
	if (header < 20 || frame->ip_length < header) {
		tmon_undecidable(frame, TMON_REASON_BAD_HEADER);
		return;
	}
	if (frame->ip_length > (uint32_t)(end - ip))
		frame->flags |= TMON_EVENT_SHORT;
	fragment = tmon_load_be16(ip + 6) & 0x3fff; /* more-fragments bit and offset */
	if (fragment)
		frame->flags |= TMON_EVENT_FRAGMENT;
	if (!(fragment & 0x1fff))
		frame->l4 = ip + header;
}

/* For TMON_NETWORK_IPV6: checks the fixed header; source and destination are at l3 + 8 and l3 + 24 when
 * ip_version is set. */
static __always_inline void tmon_parse_ipv6(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *ip = frame->l3;

	if (ip + 40 > end) {
		tmon_undecidable(frame, TMON_REASON_TRUNCATED);
		return;
	}
	if (ip[0] >> 4 != 6) {
		tmon_undecidable(frame, TMON_REASON_BAD_VERSION);
		return;
	}
	frame->ip_version = 6;
	frame->protocol = ip[6];
	frame->ip_length = 40 + (uint32_t)tmon_load_be16(ip + 4);
	if (frame->ip_length > (uint32_t)(end - ip))
		frame->flags |= TMON_EVENT_SHORT;
}

/* Follows the extension headers of an IPv6 packet: sets protocol, l4 and the fragment flag. */
static __always_inline void tmon_parse_extensions(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *at = frame->l3 + 40;

	for (int i = 0; i < TMON_EXTENSIONS_MAX; i++) {
		uint32_t length;

		switch (frame->protocol) {
		case 0:   /* hop-by-hop options */
		case 43:  /* routing */
		case 60:  /* destination options */
		case 135: /* mobility */
		case 139: /* host identity */
		case 140: /* shim6 */
			if (at + 8 > end)
				return;
			length = ((uint32_t)at[1] + 1) * 8;
			break;
		case 51: /* authentication */
			if (at + 8 > end)
				return;
			length = ((uint32_t)at[1] + 2) * 4;
			break;
		case 44: /* fragment */
			if (at + 8 > end)
				return;
			frame->flags |= TMON_EVENT_FRAGMENT;
			/* Only the first fragment holds what comes next. */
			if (tmon_load_be16(at + 2) & 0xfff8) {
				frame->protocol = at[0];
				return;
			}
			length = 8;
			break;
		default:
			frame->l4 = at;
			return;
		}
		frame->protocol = at[0];
		at += length;
	}
}

static __always_inline int tmon_has_ports(uint8_t protocol)
{
	return protocol == TMON_PROTO_TCP || protocol == TMON_PROTO_UDP || protocol == TMON_PROTO_SCTP ||
	       protocol == TMON_PROTO_ICMP || protocol == TMON_PROTO_ICMPV6;
}

/* Sets ports (or ICMP type and code) and TCP flags where the frame truly holds them, within the IP
 * length as well. Needs tmon_parse_ipv4, or tmon_parse_ipv6 and tmon_parse_extensions, before. */
static __always_inline void tmon_parse_transport(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *l4 = frame->l4;
	uint32_t there;

	if (!tmon_has_ports(frame->protocol))
		return;
	frame->flags |= TMON_EVENT_NO_PORTS;
	if (!l4 || l4 + 4 > end)
		return;
	/* A jumbogram (RFC 2675) has an IP length of 40 and says nothing about its end. */
	there = (uint32_t)(l4 - frame->l3) + (frame->protocol == TMON_PROTO_TCP ? 14 : 4);
	if (frame->ip_length < there && !(frame->ip_version == 6 && frame->ip_length == 40))
		return;
	if (frame->protocol == TMON_PROTO_ICMP || frame->protocol == TMON_PROTO_ICMPV6) {
		frame->src_port = l4[0];
		frame->dst_port = l4[1];
	} else if (frame->protocol == TMON_PROTO_TCP) {
		if (l4 + 14 > end)
			return;
		frame->tcp_flags = l4[13];
		frame->src_port = tmon_load_be16(l4);
		frame->dst_port = tmon_load_be16(l4 + 2);
	} else {
		frame->src_port = tmon_load_be16(l4);
		frame->dst_port = tmon_load_be16(l4 + 2);
	}
	frame->flags &= (uint8_t)~TMON_EVENT_NO_PORTS;
}

/* Neighbour discovery (RFC 4861: types 133-137, code 0, hop limit 255, no extension header between):
 * without it the host drops off its link. */
static __always_inline int tmon_is_neighbour_discovery(const struct tmon_frame *frame)
{
	return frame->ip_version == 6 && frame->l4 == frame->l3 + 40 && frame->protocol == TMON_PROTO_ICMPV6 &&
	       !(frame->flags & TMON_EVENT_NO_PORTS) && frame->src_port >= 133 && frame->src_port <= 137 &&
	       frame->dst_port == 0 && frame->l3[7] == 255;
}

/* DHCP between client and server ports, whole datagrams only (RFC 2131, RFC 8415). */
static __always_inline int tmon_is_dhcp(const struct tmon_frame *frame)
{
	uint16_t low = frame->src_port < frame->dst_port ? frame->src_port : frame->dst_port;
	uint16_t high = frame->src_port < frame->dst_port ? frame->dst_port : frame->src_port;

	if (frame->protocol != TMON_PROTO_UDP || (frame->flags & (TMON_EVENT_NO_PORTS | TMON_EVENT_FRAGMENT)))
		return 0;
	return frame->ip_version == 4 ? low == 67 && high == 68 : low == 546 && high == 547;
}

#endif
