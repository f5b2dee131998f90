/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nothing, the parse alone, and the parse with a look-up of either kind, on sources drawn from an array. The array holds
 * them in random order and is too long for a branch predictor to learn.
 */
#include "classify.h"
#include "lookup.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define SOURCES (1u << 20)

_Static_assert(XDP_DROP + 1 == XDP_PASS, "a verdict is computed without a branch");

struct tmon_key_v4 {
	uint32_t length; /* bits */
	uint8_t address[4];
};

struct tmon_key_v6 {
	uint32_t length; /* bits */
	uint8_t address[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v4);
	__type(value, uint32_t);
} trie_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tmon_key_v6);
	__type(value, uint32_t);
} trie_v6 SEC(".maps");

struct source {
	uint8_t address[16]; /* network byte order; IPv4 in the first four */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SOURCES);
	__type(key, uint32_t);
	__type(value, struct source);
} sources SEC(".maps");

uint32_t drawn = 0;

static __always_inline const struct source *draw(void)
{
	const uint32_t index = drawn++ & (SOURCES - 1);

	return bpf_map_lookup_elem(&sources, &index);
}

/* What all but the empty program do before they look a source up: 0 when that is not possible. */
static __always_inline const struct source *prepare(struct xdp_md *ctx, int family)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct tmon_frame frame;

	tmon_classify(data, end, (uint32_t)(end - data), &frame);
	if (frame.ip_version != family)
		return 0;
	return draw();
}

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int parse_v4(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 4);

	return source ? XDP_DROP + (source->address[0] >> 7) : XDP_ABORTED;
}

SEC("xdp")
int parse_v6(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 6);

	return source ? XDP_DROP + (source->address[0] >> 7) : XDP_ABORTED;
}

SEC("xdp")
int lpm_v4(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 4);
	struct tmon_key_v4 key = {.length = 32};

	if (!source)
		return XDP_ABORTED;
	__builtin_memcpy(key.address, source->address, 4);
	return bpf_map_lookup_elem(&trie_v4, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int lpm_v6(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 6);
	struct tmon_key_v6 key = {.length = 128};

	if (!source)
		return XDP_ABORTED;
	__builtin_memcpy(key.address, source->address, 16);
	return bpf_map_lookup_elem(&trie_v6, &key) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int table_v4(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 4);

	if (!source)
		return XDP_ABORTED;
	return XDP_DROP + tmon_decision_v4(source->address) / TMON_DECISION_PERMITTED;
}

SEC("xdp")
int table_v6(struct xdp_md *ctx)
{
	const struct source *source = prepare(ctx, 6);

	if (!source)
		return XDP_ABORTED;
	return XDP_DROP + tmon_decision_v6(source->address) / TMON_DECISION_PERMITTED;
}
