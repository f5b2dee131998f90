/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counts frames and drops them. */
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} arrived SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	uint32_t key = 0;
	uint64_t *counted = bpf_map_lookup_elem(&arrived, &key);

	(void)ctx;
	if (counted)
		++*counted;
	return XDP_DROP;
}
