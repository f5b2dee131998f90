/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is decided about a source: by the policy, and by the block list over it. */
#ifndef TMON_BPF_DECIDE_BPF_H
#define TMON_BPF_DECIDE_BPF_H

#include "block_list.bpf.h"
#include "lookup.bpf.h"

/* In a decision: on the block list. Never together with what else a decision can say. */
#define TMON_DECISION_BLOCKED 0x80000000u

static __always_inline uint32_t tmon_with_block(uint32_t decision, int blocked)
{
	return blocked && !(decision & TMON_DECISION_NEVER_DROP) ? TMON_DECISION_BLOCKED : decision;
}

/*
 * The address as it lies in the packet. Neither inlined nor static: the verifier looks at such a function once, and
 * otherwise would do so along each of the thousands of ways that a packet can take from here on.
 */
__attribute__((noinline)) uint32_t tmon_judge_v4(uint32_t address)
{
	return tmon_with_block(tmon_decision_v4((const uint8_t *)&address), tmon_blocked_v4(TMON_BE32(address)));
}

__attribute__((noinline)) uint32_t tmon_judge_v6(uint64_t first_half, uint64_t second_half)
{
	uint64_t address[2] = {first_half, second_half};

	return tmon_with_block(tmon_decision_v6((const uint8_t *)address),
			       tmon_blocked_v6(TMON_BE64(first_half), TMON_BE64(second_half)));
}

#endif
