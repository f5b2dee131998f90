/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reports through the BPF ring buffer, filling the same event in place.
 *
 * WAKE_UP_AT 0: stock, the kernel decides whether to wake the reader. Else: tuned as the kernel's own
 * benchmark does it (tools/testing/selftests/bpf, "--rb-sampled" and the adaptive notification of
 * Documentation/bpf/ringbuf.rst): no wake-up until so many bytes wait.
 */
#include "event.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __always_inline void tmon_report(const struct tmon_frame *frame, const uint8_t *end, uint32_t ifindex,
					uint8_t action)
{
	struct tmon_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	uint64_t flags = 0;

	if (!event)
		return;
	tmon_fill_event(event, frame, end, ifindex, action);
	if (WAKE_UP_AT)
		flags = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= WAKE_UP_AT ? BPF_RB_FORCE_WAKEUP
										     : BPF_RB_NO_WAKEUP;
	bpf_ringbuf_submit(event, flags);
}
