/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * IP and what it carries. Compiled by clang into the XDP program and natively into everything that reads
 * captures and into the tests: the same source, the same answers.
 *
 * Formats: RFC 791, RFC 8200 (IPv6 and its extension headers), RFC 4302 (AH counts its length in 4-octet
 * units), RFC 2675 (jumbograms).
 *
 * A function that finds less than it needs says so in `reason` or `flags`.
 */
#ifndef TMON_BPF_PARSE_H
#define TMON_BPF_PARSE_H

#include "frame.h"

#define TMON_EXTENSIONS_MAX 8 /* IPv6 extension headers followed */

/* For TMON_NETWORK_IPV4: checks the header; source and destination are at l3 + 12 and l3 + 16 when
 * ip_version is set. */
static __always_inline void tmon_parse_ipv4(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *ip = frame->l3;
	uint32_t header, fragment;

	if (!tmon_has(frame, end, 20))
		return;
	if (ip[0] >> 4 != 4) {
		tmon_undecidable(frame, TMON_REASON_BAD_VERSION);
		return;
	}
	frame->ip_version = 4;
	frame->protocol = ip[9];
	frame->ip_length = tmon_load_be16(ip + 2);
	/* BIG TCP: what the kernel has merged to more than the field can say has 0 in it. No frame on a wire
	 * is that long. */
	if (frame->ip_length == 0 && frame->rest > 0xffff && frame->protocol == TMON_PROTO_TCP)
		frame->ip_length = frame->rest;
	header = (uint32_t)(ip[0] & 0x0f) * 4;
	if (header < 20 || frame->ip_length < header) {
		tmon_undecidable(frame, TMON_REASON_BAD_HEADER);
		return;
	}
	if (frame->ip_length > frame->rest)
		frame->flags |= TMON_EVENT_SHORT;
	frame->ip_bound = frame->ip_length;
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
	uint32_t payload;

	if (!tmon_has(frame, end, 40))
		return;
	if (ip[0] >> 4 != 6) {
		tmon_undecidable(frame, TMON_REASON_BAD_VERSION);
		return;
	}
	frame->ip_version = 6;
	frame->protocol = ip[6];
	payload = tmon_load_be16(ip + 4);
	frame->ip_length = 40 + payload;
	frame->ip_bound = frame->ip_length;
	if (payload == 0 && frame->protocol == 0) {
		/* A jumbogram says its length in the hop-by-hop header; Linux trims nothing here, whether it
		 * truly is one or not. Only one that is longer than the field can say has a length of its own. */
		frame->ip_bound = frame->rest;
		if (frame->rest > 40 + 0xffff)
			frame->ip_length = frame->rest;
	}
	if (frame->ip_length > frame->rest)
		frame->flags |= TMON_EVENT_SHORT;
}

/* Which protocols are IPv6 extension headers: bit 0; and in how many octets each counts what exceeds its first 8
 * (8, 4, or 0 where nothing does): the other bits. A table and not a switch, because the verifier follows every
 * branch of every header of a chain, and runs out of patience. */
static const uint8_t tmon_extensions[256] = {
	9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0 hop-by-hop options */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, /* 43 routing, 44 fragment */
	0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, /* 51 authentication, 60 destination options */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9, 9, 0, 0, 0, /* 135 mobility, 139 host identity, 140 shim6 */
};

/* Follows the extension headers of an IPv6 packet: sets protocol, l4 and the fragment flag. */
static __always_inline void tmon_parse_extensions(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *at = frame->l3 + 40;

	for (int i = 0; i < TMON_EXTENSIONS_MAX; i++) {
		uint8_t kind = tmon_extensions[frame->protocol];
		int is_fragment = frame->protocol == 44;

		if (!kind) {
			frame->l4 = at;
			return;
		}
		if (at + 8 > end || (uint32_t)(at - frame->l3) + 8 > frame->ip_bound)
			return;
		frame->protocol = at[0];
		if (is_fragment) {
			uint16_t fragment = tmon_load_be16(at + 2);

			if (fragment & 0xfff9) /* offset, and whether more follow: neither in an atomic fragment */
				frame->flags |= TMON_EVENT_FRAGMENT;
			/* Only the first fragment holds what comes next. */
			if (fragment & 0xfff8)
				return;
		}
		at += 8 + at[1] * (kind & 12u);
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
	there = (uint32_t)(l4 - frame->l3) + (frame->protocol == TMON_PROTO_TCP ? 14 : 4);
	if (there > frame->ip_bound)
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

/* DHCP between client and server ports (RFC 2131, RFC 8415): whole datagrams, without IPv4 options or IPv6
 * extension headers, through which a stranger could ask for more than a lease. */
static __always_inline int tmon_is_dhcp(const struct tmon_frame *frame)
{
	uint16_t low = frame->src_port < frame->dst_port ? frame->src_port : frame->dst_port;
	uint16_t high = frame->src_port < frame->dst_port ? frame->dst_port : frame->src_port;

	if (frame->protocol != TMON_PROTO_UDP || (frame->flags & (TMON_EVENT_NO_PORTS | TMON_EVENT_FRAGMENT)))
		return 0;
	if (frame->ip_version == 4)
		return frame->l4 == frame->l3 + 20 && low == 67 && high == 68;
	return frame->l4 == frame->l3 + 40 && low == 546 && high == 547;
}

#endif
