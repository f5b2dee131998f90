/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The event rings as they lie in memory: one region that the XDP program writes and that readers map
 * read-only. All offsets count from the start of the region.
 *
 *     0                     struct tmon_rings
 *     128 + 128 * ring      head of that ring: uint64_t, events ever written
 *     slots_offset          slots of ring 0, of ring 1, ...: `slots` of 64 bytes each
 *
 * Protocol. A ring has one writer. It stores event number `head` into slot `head % slots`, then publishes
 * head + 1 with a full barrier: no store into the next slot can be seen before it. A reader loads head,
 * copies events below it, and loads head again: an event whose number is <= head - slots may have been
 * overwritten while it was copied, and is lost for this reader. So at most slots - 1 events can wait.
 *
 * The unit of the region is one map value of 64 bytes, so that a BPF array map can be the region.
 */
#ifndef TMON_BPF_RING_LAYOUT_H
#define TMON_BPF_RING_LAYOUT_H

#include <traffic_monitor/event.h>

#define TMON_RINGS_MAGIC 0x53474e4952544d54ull /* "TMTRINGS" on a little-endian machine */
#define TMON_RINGS_LAYOUT 1u
#define TMON_RING_UNIT 64u
#define TMON_RING_HEAD_UNITS 2u /* units between heads: adjacent cache lines are prefetched in pairs */
#define TMON_RING_SLOTS_MIN 64u
#define TMON_RINGS_PAGE 4096u

struct tmon_rings {
	uint64_t magic;
	uint32_t layout; /* TMON_RINGS_LAYOUT */
	uint32_t rings;
	uint64_t slots;        /* of each ring; a power of two */
	uint64_t slots_offset; /* bytes; a multiple of TMON_RINGS_PAGE */
	uint64_t size;         /* bytes of the region */
	uint64_t reserved[3];
};

TMON_STATIC_ASSERT(sizeof(struct tmon_rings) == TMON_RING_UNIT, "the header is one unit");
TMON_STATIC_ASSERT(sizeof(tmon_event) == TMON_RING_UNIT, "a slot is one unit");

/* Unit in which the head of a ring lies. */
#define TMON_RING_HEAD_INDEX(ring) (TMON_RING_HEAD_UNITS + TMON_RING_HEAD_UNITS * (ring))

#endif
