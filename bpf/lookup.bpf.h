/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is decided about a source: longest-prefix match in the kernel's tries, one for each family. */
#ifndef TMON_BPF_LOOKUP_BPF_H
#define TMON_BPF_LOOKUP_BPF_H

#include "bytes.h"
#include "prefix_decision.h"

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

/* Value: the decision. max_entries is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v4);
	__type(value, uint32_t);
} prefixes_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v6);
	__type(value, uint32_t);
} prefixes_v6 SEC(".maps");

/* Families without a prefix are not looked up; the verifier removes the code. */
const volatile uint8_t has_prefixes_v4 = 1;
const volatile uint8_t has_prefixes_v6 = 1;

static __always_inline uint32_t tmon_decision_v4(uint32_t address)
{
	struct tmon_key_v4 key = {.length = 32, .address = TMON_BE32(address)};
	const uint32_t *decision = has_prefixes_v4 ? bpf_map_lookup_elem(&prefixes_v4, &key) : 0;

	return decision ? *decision : TMON_DECISION_DENIED;
}

static __always_inline uint32_t tmon_decision_v6(uint64_t high, uint64_t low)
{
	struct tmon_key_v6 key = {.length = 128,
				  .address = {TMON_BE32((uint32_t)(high >> 32)), TMON_BE32((uint32_t)high),
					      TMON_BE32((uint32_t)(low >> 32)), TMON_BE32((uint32_t)low)}};
	const uint32_t *decision = has_prefixes_v6 ? bpf_map_lookup_elem(&prefixes_v6, &key) : 0;

	return decision ? *decision : TMON_DECISION_DENIED;
}

#endif
