/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How long a frame is, and its headers in the buffer that can be read. */
#ifndef TMON_BPF_FRAME_DATA_BPF_H
#define TMON_BPF_FRAME_DATA_BPF_H

#include <stdint.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* As many bytes as tell the source and, without an extension chain, the ports: Ethernet, two tags, LLC/SNAP or
 * PPPoE, the longest IPv4 header, TCP up to its flags are 104. */
#define TMON_HEADERS_WANTED 128

/* The kernel's struct of that name, found by BTF. */
struct xdp_buff {
	uint32_t flags;
} __attribute__((preserve_access_index));
#define TMON_XDP_HAS_FRAGS 1u /* XDP_FLAGS_HAS_FRAGS of enum xdp_buff_flags */

/* Both are 0 where the kernel does not have them: the first came with Linux 6.2, the second with 6.18. */
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;
#ifndef TMON_WITHOUT_PULL
extern int bpf_xdp_pull_data(struct xdp_md *ctx, uint32_t length) __ksym __weak;
#else
#define bpf_xdp_pull_data ((int (*)(struct xdp_md *, uint32_t))0)
#endif

/* The flag is one load; the helper that tells the length is a call, which costs as much as all of the parsing. */
static __always_inline int tmon_may_have_frags(struct xdp_md *ctx)
{
	if (bpf_cast_to_kern_ctx)
		return (((const struct xdp_buff *)bpf_cast_to_kern_ctx(ctx))->flags & TMON_XDP_HAS_FRAGS) != 0;
	return 1;
}

/* Bytes of the whole frame. Some drivers leave the first buffer of a multi-buffer frame empty: where the kernel
 * can, the headers are pulled into it. Pointers into the frame have to be loaded afterwards. */
static __always_inline uint64_t tmon_frame_length(struct xdp_md *ctx)
{
	uint64_t readable = (uint64_t)ctx->data_end - ctx->data;
	uint64_t length = readable;

	if (tmon_may_have_frags(ctx)) {
		length = bpf_xdp_get_buff_len(ctx);
		if (readable < TMON_HEADERS_WANTED && readable < length && bpf_xdp_pull_data)
			bpf_xdp_pull_data(ctx, length < TMON_HEADERS_WANTED ? (uint32_t)length : TMON_HEADERS_WANTED);
	}
	/* What has been loaded of `ctx` until here is loaded anew: the verifier wants pointers as they come. */
	__asm__ volatile("" ::: "memory");
	return length;
}

#endif
