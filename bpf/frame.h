/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What has been found out about one frame: filled by link.h and parse.h, in this order and only as far as
 * it is asked for.
 *
 * Everything is told by three values: `data`, the first byte of the frame; `end`, behind the last byte that
 * can be read; `length`, the bytes of the whole frame. They differ (end - data < length) where a frame lies
 * in several buffers and only the first can be read. No function reads at or behind `end`.
 */
#ifndef TMON_BPF_FRAME_H
#define TMON_BPF_FRAME_H

#include "bytes.h"

#include <traffic_monitor/event.h>

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
	uint32_t rest;       /* bytes from l3 to the end of the whole frame */
	uint32_t ip_length;  /* bytes, as tmon_event.packet_size */
	uint32_t ip_bound;   /* bytes from l3 that can belong to the packet; what is behind is padding */
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

static __always_inline void tmon_undecidable(struct tmon_frame *frame, uint8_t reason)
{
	frame->network = TMON_NETWORK_UNDECIDABLE;
	frame->reason = reason;
}

/* Are `size` bytes from l3 on readable? If not, the frame is undecidable: split when it has them in a later
 * buffer, and else truncated. */
static __always_inline int tmon_has(struct tmon_frame *frame, const uint8_t *end, uint32_t size)
{
	if (frame->l3 + size <= end)
		return 1;
	tmon_undecidable(frame, size <= frame->rest ? TMON_REASON_SPLIT : TMON_REASON_TRUNCATED);
	return 0;
}

/* Moves l3 over `size` bytes that tmon_has has found. */
static __always_inline void tmon_skip(struct tmon_frame *frame, uint32_t size)
{
	frame->l3 += size;
	frame->rest -= size;
}

#endif
