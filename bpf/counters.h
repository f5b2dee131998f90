/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packet counters: one struct per interface and CPU, written by the XDP program only. */
#ifndef TMON_BPF_COUNTERS_H
#define TMON_BPF_COUNTERS_H

#include <traffic_monitor/event.h>

enum tmon_verdict {
	TMON_VERDICT_PERMITTED,
	TMON_VERDICT_DENIED_LOGGED,  /* denied, passed on */
	TMON_VERDICT_DENIED_DROPPED, /* denied, dropped */
	TMON_VERDICT_DENIED_SPARED,  /* denied by a never_drop entry, passed on */
	TMON_VERDICT_DENIED_BLOCKED, /* on the block list, dropped */
	TMON_VERDICT_DENIED_DRY_RUN, /* denied, passed on; would have been dropped, were this not a dry run */
	TMON_VERDICT_BLOCKED_DRY_RUN, /* the same, of the block list */
	/* Not permitted by any prefix, and passed all the same: a host needs these to stay on its network. */
	TMON_VERDICT_UNFILTERED_ARP,
	TMON_VERDICT_UNFILTERED_ND,
	TMON_VERDICT_UNFILTERED_DHCP,
	TMON_VERDICT_UNFILTERED_NON_IP,
	TMON_VERDICT_COUNT,
};

enum tmon_family { TMON_FAMILY_NONE, TMON_FAMILY_IPV4, TMON_FAMILY_IPV6, TMON_FAMILY_COUNT };

struct tmon_count {
	uint64_t packets;
	uint64_t bytes; /* of whole frames, without the frame check sequence */
};

struct tmon_counters {
	uint64_t seen; /* packets, counted on entry and not derived from the verdicts */
	struct tmon_count verdicts[TMON_VERDICT_COUNT][TMON_FAMILY_COUNT];
	uint64_t denied_by_reason[TMON_REASON_COUNT]; /* packets; but for those that are blocked */
};

#endif
