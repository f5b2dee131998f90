/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The second step of classify.h as a function of its own for the verifier; see decide.bpf.h. */
#ifndef TMON_BPF_REST_BPF_H
#define TMON_BPF_REST_BPF_H

#include "classify.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* What crosses the call, in one register each way. */
#define TMON_REST_L3_MAX 0xffu /* offset of the IP header: Ethernet, tags and what else is looked behind */

/* `header` holds network (8 bits), protocol (8), flags (8) and the offset of l4 from l3 (8, 0: none) from the lowest
 * bit on. Result: source port (16), destination port (16), protocol (8), TCP flags (8), flags (8), exemption (8). */
__attribute__((noinline)) uint64_t tmon_rest_of(struct xdp_md *ctx, uint32_t l3, uint32_t header, uint32_t bound)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct tmon_frame frame = {};
	enum tmon_exemption exemption;

	frame.l3 = data + (l3 & TMON_REST_L3_MAX);
	frame.network = (uint8_t)header;
	frame.ip_version = frame.network == TMON_NETWORK_IPV4 ? 4 : 6;
	frame.protocol = (uint8_t)(header >> 8);
	frame.flags = (uint8_t)(header >> 16);
	frame.ip_bound = bound;
	if (frame.l3 + 20 > end)
		return 0;
	if (header >> 24)
		frame.l4 = frame.l3 + (header >> 24);
	exemption = tmon_exempt(&frame, end);
	return frame.src_port | (uint64_t)frame.dst_port << 16 | (uint64_t)frame.protocol << 32 |
	       (uint64_t)frame.tcp_flags << 40 | (uint64_t)frame.flags << 48 | (uint64_t)exemption << 56;
}

static __always_inline enum tmon_exemption tmon_read_rest(struct xdp_md *ctx, struct tmon_frame *frame)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	uint32_t l4 = frame->l4 ? (uint32_t)(frame->l4 - frame->l3) : 0;
	uint64_t rest;

	if (frame->network != TMON_NETWORK_IPV4 && frame->network != TMON_NETWORK_IPV6)
		return TMON_EXEMPT_NOT;
	rest = tmon_rest_of(ctx, (uint32_t)(frame->l3 - data),
			    frame->network | (uint32_t)frame->protocol << 8 | (uint32_t)frame->flags << 16 | l4 << 24,
			    frame->ip_bound);
	frame->src_port = (uint16_t)rest;
	frame->dst_port = (uint16_t)(rest >> 16);
	frame->protocol = (uint8_t)(rest >> 32);
	frame->tcp_flags = (uint8_t)(rest >> 40);
	frame->flags = (uint8_t)(rest >> 48);
	return (enum tmon_exemption)(rest >> 56);
}

#endif
