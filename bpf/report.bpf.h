/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reports a denied packet: writes its event into the ring of this CPU. See ring_layout.h. */
#ifndef TMON_BPF_REPORT_BPF_H
#define TMON_BPF_REPORT_BPF_H

#include "event.bpf.h"
#include "filter_state.bpf.h"
#include "ring_layout.h"

/* max_entries and the constants below are set before loading. User space freezes the map, so that
 * nobody but this program can ever write it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tmon_event);
} event_rings SEC(".maps");

const volatile uint32_t ring_slots_index = 0; /* unit of the first slot of ring 0 */
const volatile uint32_t ring_slots_shift = 0; /* log2 of the slots of a ring */

/* Carries no data: a record in it wakes whoever waits for the map's descriptor. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} doorbell SEC(".maps");

static __always_inline void tmon_ring_doorbell(void)
{
	uint64_t token = 0;

	if (!TMON_STATE(doorbell_armed) || !__sync_lock_test_and_set(&state.doorbell_armed, 0))
		return;
	/* Not rung (the record found no room): leave it to the next event. */
	if (bpf_ringbuf_output(&doorbell, &token, sizeof(token), BPF_RB_FORCE_WAKEUP))
		__sync_lock_test_and_set(&state.doorbell_armed, 1);
}

static __always_inline void tmon_report(const struct tmon_frame *frame, const uint8_t *end, uint32_t ifindex,
					uint8_t action)
{
	uint32_t cpu = bpf_get_smp_processor_id();
	uint32_t index = TMON_RING_HEAD_INDEX(cpu);
	uint64_t *head = bpf_map_lookup_elem(&event_rings, &index);
	struct tmon_event *event;
	uint64_t sequence;

	if (!head)
		return;
	sequence = *head;
	index = ring_slots_index + (cpu << ring_slots_shift) + (sequence & ((1ull << ring_slots_shift) - 1));
	event = bpf_map_lookup_elem(&event_rings, &index);
	if (!event)
		return;
	tmon_fill_event(event, frame, end, ifindex, action);
	/* The exchange is a full barrier: the event before its number, and its number before both the
	 * next event and the look at the doorbell. */
	__sync_lock_test_and_set(head, sequence + 1);
	tmon_ring_doorbell();
}

#endif
