/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counts the frames that arrive at an interface, keeps the first of them, and drops them all. */
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define KEPT 8192      /* frames; a power of two */
#define KEPT_SIZE 3584 /* bytes of each */

uint64_t arrived = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KEPT);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, KEPT_SIZE + 8); /* behind its length */
} kept SEC(".maps");

SEC("xdp")
int store(struct xdp_md *ctx)
{
	uint64_t number = __sync_fetch_and_add(&arrived, 1);
	uint32_t key = (uint32_t)number;
	uint32_t length = (uint32_t)bpf_xdp_get_buff_len(ctx);
	uint64_t *slot;

	if (number >= KEPT || length == 0 || length > KEPT_SIZE)
		return XDP_DROP;
	slot = bpf_map_lookup_elem(&kept, &key);
	if (slot && !bpf_xdp_load_bytes(ctx, 0, slot + 1, length))
		*slot = length;
	return XDP_DROP;
}
