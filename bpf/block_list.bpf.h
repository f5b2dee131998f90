/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Is a source blocked? See block_list.h. */
#ifndef TMON_BPF_BLOCK_LIST_BPF_H
#define TMON_BPF_BLOCK_LIST_BPF_H

#include "bytes.h"
#include "filter_state.bpf.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* max_entries is set before loading. All generations of a run share the maps and the lengths. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_block_key_v4);
	__type(value, uint64_t);
} blocked_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_block_key_v6);
	__type(value, uint64_t);
} blocked_v6 SEC(".maps");

static __always_inline int tmon_block_holds(const uint64_t *until)
{
	return until && bpf_ktime_get_ns() < *until;
}

/* `address` and the halves of it are in host byte order. */
static __always_inline int tmon_blocked_v4(uint32_t address)
{
	tmon_block_lengths lengths = TMON_STATE(block_lengths_v4);

	for (int i = 0; i < TMON_BLOCK_LENGTHS && lengths; i++, lengths >>= 8) {
		struct tmon_block_key_v4 key = {.length = (lengths & 0xff) - 1};

		if (key.length > 32)
			break;
		key.address = address & (uint32_t)(~0ull << (32 - key.length));
		if (tmon_block_holds(bpf_map_lookup_elem(&blocked_v4, &key)))
			return 1;
	}
	return 0;
}

static __always_inline int tmon_blocked_v6(uint64_t high, uint64_t low)
{
	tmon_block_lengths lengths = TMON_STATE(block_lengths_v6);

	for (int i = 0; i < TMON_BLOCK_LENGTHS && lengths; i++, lengths >>= 8) {
		struct tmon_block_key_v6 key = {.length = (lengths & 0xff) - 1};

		if (key.length > 128)
			break;
		/* In two shifts: one by 64 is undefined. */
		if (key.length > 64) {
			key.high = high;
			key.low = low & ~(~0ull >> 1 >> (key.length - 65));
		} else if (key.length) {
			key.high = high & ~(~0ull >> 1 >> (key.length - 1));
		}
		if (tmon_block_holds(bpf_map_lookup_elem(&blocked_v6, &key)))
			return 1;
	}
	return 0;
}

#endif
