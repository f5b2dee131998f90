/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is decided about a source: by the policy, and by the block list over it. */
#ifndef TMON_BPF_DECIDE_BPF_H
#define TMON_BPF_DECIDE_BPF_H

#include "block_list.bpf.h"
#include "lookup.bpf.h"

static __always_inline uint32_t tmon_with_block(uint32_t decision, int blocked)
{
	return blocked && !(decision & TMON_DECISION_NEVER_DROP) ? TMON_DECISION_BLOCKED : decision;
}

/*
 * Addresses are in host byte order. Neither inlined nor static: the verifier looks at such a function once, and
 * otherwise would do so along each of the thousands of ways that a packet can take from here on.
 */
__attribute__((noinline)) uint32_t tmon_decide_v4(uint32_t address)
{
	return tmon_with_block(tmon_decision_v4(address), tmon_blocked_v4(address));
}

__attribute__((noinline)) uint32_t tmon_decide_v6(uint64_t high, uint64_t low)
{
	return tmon_with_block(tmon_decision_v6(high, low), tmon_blocked_v6(high, low));
}

#endif
