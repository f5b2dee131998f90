/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The link layer: from the Ethernet header to whatever the stack may take as IP. docs/packets.md has the
 * table of all encapsulations and says why each is treated as it is.
 *
 * Formats: IEEE 802.3 (lengths), IEEE 802.1Q-2022 (tags), RFC 1042 (LLC/SNAP), RFC 2516 (PPPoE), RFC 1661
 * section 6.5 (compressed PPP protocol field).
 */
#ifndef TMON_BPF_LINK_H
#define TMON_BPF_LINK_H

#include "frame.h"

#define TMON_ETHERNET_HEADER 14
#define TMON_VLAN_TAGS_MAX 2

#define TMON_TYPE_IPV4 0x0800
#define TMON_TYPE_ARP 0x0806
#define TMON_TYPE_IPV6 0x86dd
#define TMON_TYPE_PPPOE_SESSION 0x8864
#define TMON_TYPE_MIN 0x0600 /* below it the field is a length (Linux: eth_proto_is_802_3) */

/* 802.1Q, 802.1ad, and the three numbers that stood for the latter before it had one. */
static __always_inline int tmon_is_vlan(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

/* Moves l3 behind up to two tags. Returns the type of what follows, 0 (no type) when undecidable. */
static __always_inline uint16_t tmon_skip_tags(struct tmon_frame *frame, const uint8_t *end, uint16_t type)
{
#ifdef __bpf__
#pragma unroll
#endif
	for (int tag = 0; tag < TMON_VLAN_TAGS_MAX; tag++) {
		if (!tmon_is_vlan(type))
			return type;
		if (!tmon_has(frame, end, 4))
			return 0;
		if (tag == 0) {
			frame->vlan = tmon_load_be16(frame->l3) & 0x0fff;
			frame->flags |= TMON_EVENT_VLAN;
		}
		type = tmon_load_be16(frame->l3 + 2);
		tmon_skip(frame, 4);
	}
	if (!tmon_is_vlan(type))
		return type;
	tmon_undecidable(frame, TMON_REASON_VLAN_DEPTH);
	return 0;
}

/* Behind an 802.3 length: the type within an LLC/SNAP header of the organisation codes that carry EtherTypes
 * (00-00-00, and 00-00-F8 of 802.1H), with l3 moved behind it; else 0. */
static __always_inline uint16_t tmon_skip_snap(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *llc = frame->l3;
	uint16_t type;

	if (llc + 8 > end) {
		/* A whole frame without room for the header is no IP. */
		if (frame->rest >= 8)
			tmon_undecidable(frame, TMON_REASON_SPLIT);
		return 0;
	}
	if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 0x03 || llc[3] != 0 || llc[4] != 0 ||
	    (llc[5] != 0 && llc[5] != 0xf8))
		return 0;
	type = tmon_load_be16(llc + 6);
	tmon_skip(frame, 8);
	return type;
}

/* Behind EtherType 0x8864: the EtherType that stands for the PPP protocol, with l3 moved behind it; 0 for
 * what is not IP. Version, type, code and length are not looked at, as Linux does not look at the first three
 * either. */
static __always_inline uint16_t tmon_skip_pppoe(struct tmon_frame *frame, const uint8_t *end)
{
	const uint8_t *session = frame->l3;
	uint16_t protocol;

	if (!tmon_has(frame, end, 8))
		return 0;
	/* An odd first byte is the whole protocol number: the field may be compressed. */
	protocol = session[6] & 1 ? session[6] : tmon_load_be16(session + 6);
	if (protocol != 0x0021 && protocol != 0x0057)
		return 0;
	tmon_skip(frame, session[6] & 1 ? 7 : 8);
	return protocol == 0x0021 ? TMON_TYPE_IPV4 : TMON_TYPE_IPV6;
}

/* Sets l3, rest, network and the VLAN fields; clears all others. `ip_length` is `rest` as long as no IP header
 * says better. */
static __always_inline void tmon_parse_link(const uint8_t *data, const uint8_t *end, uint32_t length,
					    struct tmon_frame *frame)
{
	uint16_t type;

	__builtin_memset(frame, 0, sizeof(*frame));
	frame->l3 = data;
	frame->rest = length;
	if (!tmon_has(frame, end, TMON_ETHERNET_HEADER))
		return;
	type = tmon_load_be16(data + 12);
	tmon_skip(frame, TMON_ETHERNET_HEADER);
	if (type != TMON_TYPE_IPV4 && type != TMON_TYPE_IPV6) {
		type = tmon_skip_tags(frame, end, type);
		if (frame->network == TMON_NETWORK_UNDECIDABLE)
			return;
		if (type < TMON_TYPE_MIN)
			type = tmon_skip_snap(frame, end);
		else if (type == TMON_TYPE_PPPOE_SESSION)
			type = tmon_skip_pppoe(frame, end);
	}
	if (type == TMON_TYPE_IPV4)
		frame->network = TMON_NETWORK_IPV4;
	else if (type == TMON_TYPE_IPV6)
		frame->network = TMON_NETWORK_IPV6;
	else if (type == TMON_TYPE_ARP)
		frame->network = TMON_NETWORK_ARP;
}

#endif
