/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the program and user space tell each other beside events and counters. Lives in one global of the program that
 * all generations share, and a pinned filter keeps it when the host ends. */
#ifndef TMON_BPF_FILTER_STATE_H
#define TMON_BPF_FILTER_STATE_H

#include "block_list.h"

struct tmon_filter_state {
	/* Not 0: somebody sleeps and wants the doorbell rung at the next event. Cleared by the program. On a cache line of
	 * its own: whatever else is here is read for every packet. */
	uint64_t doorbell_armed;
	uint64_t unused[7];

	/* Written by user space only, each word as a whole. */
	uint64_t drop_until_ns; /* drop mode ends then, whoever is still there: CLOCK_MONOTONIC, nanoseconds; 0: never */
	tmon_block_lengths block_lengths_v4;
	tmon_block_lengths block_lengths_v6;

	/* Not looked at by the program: for whoever adopts a pinned filter. */
	uint64_t generation;    /* of the policy that is attached, counted from 1 */
	uint64_t next_entry_id; /* what the entries of the next policy are numbered from; 0: as 1 */
	uint64_t unused_end[3];
};

#endif
