/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Decides about many sources in one run: from one map into another. */
#include "bpf/lookup.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define BATCH 4096u

struct question {
	uint8_t source[16]; /* network byte order; IPv4 in the first four */
	uint32_t decision;  /* the answer */
	uint32_t reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BATCH);
	__type(key, uint32_t);
	__type(value, struct question);
} questions SEC(".maps");

/* By themselves, so that the verifier does not go through a decision for each turn of the loops. */
__attribute__((noinline)) uint32_t answer_v4(uint32_t index)
{
	struct question *question = bpf_map_lookup_elem(&questions, &index);

	if (question)
		question->decision = tmon_decision_v4(question->source);
	return 0;
}

__attribute__((noinline)) uint32_t answer_v6(uint32_t index)
{
	struct question *question = bpf_map_lookup_elem(&questions, &index);

	if (question)
		question->decision = tmon_decision_v6(question->source);
	return 0;
}

SEC("xdp")
int decide_v4(struct xdp_md *ctx)
{
	(void)ctx;
	for (uint32_t index = 0; index < BATCH; index++)
		answer_v4(index);
	return XDP_PASS;
}

SEC("xdp")
int decide_v6(struct xdp_md *ctx)
{
	(void)ctx;
	for (uint32_t index = 0; index < BATCH; index++)
		answer_v6(index);
	return XDP_PASS;
}
