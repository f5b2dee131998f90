/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fills an event in place, wherever the report step has room for it. */
#ifndef TMON_BPF_EVENT_BPF_H
#define TMON_BPF_EVENT_BPF_H

#include "classify.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __always_inline void tmon_store_v4(uint8_t *to, const uint8_t *from)
{
	uint32_t *words = (uint32_t *)to;

	words[0] = 0;
	words[1] = 0;
	words[2] = TMON_BE32(0x0000ffffu);
	words[3] = tmon_load_raw32(from);
}

static __always_inline void tmon_store_v6(uint8_t *to, const uint8_t *from)
{
	uint32_t *words = (uint32_t *)to;

	words[0] = tmon_load_raw32(from);
	words[1] = tmon_load_raw32(from + 4);
	words[2] = tmon_load_raw32(from + 8);
	words[3] = tmon_load_raw32(from + 12);
}

/* `end` is the end of the frame: the verifier wants the bounds shown again. */
static __always_inline void tmon_fill_event(struct tmon_event *event, const struct tmon_frame *frame,
					    const uint8_t *end, uint32_t ifindex, uint8_t action)
{
	const uint8_t *ip = frame->l3;

	event->time_ns = bpf_ktime_get_ns();
	if (frame->ip_version == 4 && ip + 20 <= end) {
		tmon_store_v4(event->src, ip + 12);
		tmon_store_v4(event->dst, ip + 16);
	} else if (frame->ip_version == 6 && ip + 40 <= end) {
		tmon_store_v6(event->src, ip + 8);
		tmon_store_v6(event->dst, ip + 24);
	} else {
		__builtin_memset(event->src, 0, 32);
	}
	event->src_port = frame->src_port;
	event->dst_port = frame->dst_port;
	event->ip_version = frame->ip_version;
	event->protocol = frame->protocol;
	event->tcp_flags = frame->tcp_flags;
	event->action = action;
	event->packet_size = tmon_packet_size(frame);
	event->ifindex = ifindex;
	event->vlan = frame->vlan;
	event->reason = frame->reason;
	event->flags = frame->flags;
	event->entry = frame->entry;
}

#endif
