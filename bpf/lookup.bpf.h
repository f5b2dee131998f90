/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Is a source permitted? Longest-prefix match in the kernel's tries, one for each family. */
#ifndef TMON_BPF_LOOKUP_BPF_H
#define TMON_BPF_LOOKUP_BPF_H

#include "bytes.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct tmon_key_v4 {
	uint32_t length; /* bits */
	uint32_t address; /* network byte order */
};

struct tmon_key_v6 {
	uint32_t length; /* bits */
	uint32_t address[4]; /* network byte order */
};

/* Value: id of the list entry. max_entries is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v4);
	__type(value, uint32_t);
} permitted_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v6);
	__type(value, uint32_t);
} permitted_v6 SEC(".maps");

/* Families without a prefix are not looked up; the verifier removes the code. */
const volatile uint8_t has_permitted_v4 = 1;
const volatile uint8_t has_permitted_v6 = 1;

static __always_inline int tmon_permitted_v4(const uint8_t *source)
{
	struct tmon_key_v4 key = {.length = 32, .address = tmon_load_raw32(source)};

	return has_permitted_v4 && bpf_map_lookup_elem(&permitted_v4, &key) != 0;
}

static __always_inline int tmon_permitted_v6(const uint8_t *source)
{
	struct tmon_key_v6 key = {.length = 128,
				  .address = {tmon_load_raw32(source), tmon_load_raw32(source + 4),
					      tmon_load_raw32(source + 8), tmon_load_raw32(source + 12)}};

	return has_permitted_v6 && bpf_map_lookup_elem(&permitted_v6, &key) != 0;
}

#endif
