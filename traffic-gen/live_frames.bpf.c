/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sends prepared frames: run by BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES, each run turns the page that the
 * kernel hands in into the next frame of a ring and redirects it to an interface. User space is the ring's one writer,
 * this program its one reader. Where the ring is empty a run drops its page, which costs less than ending the call.
 *
 * The tracepoints tell what the kernel does not tell the caller: frames that were refused on their way.
 */
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define SLOTS 8192            /* a power of two */
#define ARENA_SIZE (2u << 20) /* bytes */
#define FRAME_MAX 3392        /* bytes; what a page holds beside headroom, tailroom and the kernel's own */
#define FRAME_MIN 14

const volatile uint32_t target_interface = 0;
const volatile uint32_t target_namespace = 0; /* inode number of the network namespace */

/* Of each frame: its offset in the arena in the high 32 bits, its length in bytes in the low ones. */
uint64_t slots[SLOTS];
/* Numbers of frames since the start; each in a cache line of its own. */
uint64_t produced __attribute__((aligned(128))) = 0; /* written by user space */
uint64_t consumed __attribute__((aligned(128))) = 0; /* up to here slots and arena may be used again */
uint64_t empty_runs = 0;                             /* runs that found no frame */
uint64_t refused __attribute__((aligned(128))) = 0;  /* by the driver, or before it */
int32_t last_error = 0;                              /* of what was refused: -errno */
static uint64_t next_frame __attribute__((aligned(128))) = 0;
static uint64_t known = 0; /* `produced` as last seen */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, ARENA_SIZE);
} arena SEC(".maps");

static __always_inline void refuse(uint64_t frames, int error)
{
	__sync_fetch_and_add(&refused, frames);
	last_error = error;
}

SEC("xdp")
int send_next(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	const uint8_t *frames = bpf_map_lookup_elem(&arena, &zero);
	uint64_t slot;
	uint32_t offset, length;
	uint64_t number = next_frame;
	int error;

	/* The atomic operations order what is read and written beside them. */
	if (number == known) {
		__sync_lock_test_and_set(&consumed, number);
		known = __sync_fetch_and_add(&produced, 0);
		if (number == known) {
			empty_runs++;
			return XDP_DROP;
		}
	} else if (number % 32 == 0) {
		__sync_lock_test_and_set(&consumed, number);
	}
	if (!frames)
		return XDP_DROP;
	next_frame = number + 1;
	slot = slots[number % SLOTS];
	offset = (uint32_t)(slot >> 32);
	length = (uint32_t)slot;
	if (offset > ARENA_SIZE - FRAME_MAX || length < FRAME_MIN || length > FRAME_MAX) {
		refuse(1, -22);
		return XDP_DROP;
	}
	error = bpf_xdp_adjust_tail(ctx, (int)length - (int)bpf_xdp_get_buff_len(ctx));
	if (!error)
		error = bpf_xdp_store_bytes(ctx, 0, (void *)(frames + offset), length);
	if (error) {
		refuse(1, error);
		return XDP_DROP;
	}
	return (int)bpf_redirect(target_interface, 0);
}

/* What is needed of the kernel's types; offsets come from its BTF. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));
struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));
typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;
struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

static __always_inline int in_namespace(const struct net_device *device)
{
	return device->nd_net.net->ns.inum == target_namespace;
}

/* (from, to, sent, drops, error) */
SEC("tp_btf/xdp_devmap_xmit")
int count_refused_by_driver(const uint64_t *arguments)
{
	const struct net_device *to = (const struct net_device *)arguments[1];
	int drops = (int)arguments[3];

	if (drops > 0 && to->ifindex == (int)target_interface && in_namespace(to))
		refuse((uint64_t)drops, (int)arguments[4]);
	return 0;
}

/* (device, program, target, error, map type, map, index) */
SEC("tp_btf/xdp_redirect_err")
int count_not_redirected(const uint64_t *arguments)
{
	const struct net_device *device = (const struct net_device *)arguments[0];

	if ((uint32_t)arguments[6] == target_interface && in_namespace(device))
		refuse(1, (int)arguments[3]);
	return 0;
}
