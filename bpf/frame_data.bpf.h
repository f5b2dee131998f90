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

#ifndef TMON_WITHOUT_PULL
/* Linux 6.18 and later; 0 before. */
extern int bpf_xdp_pull_data(struct xdp_md *ctx, uint32_t length) __ksym __weak;
#else
#define bpf_xdp_pull_data ((int (*)(struct xdp_md *, uint32_t))0)
#endif

/* Bytes of the whole frame. Some drivers leave the first buffer of a multi-buffer frame empty: where the kernel
 * can, the headers are pulled into it. Pointers into the frame have to be loaded afterwards. */
static __always_inline uint64_t tmon_frame_length(struct xdp_md *ctx)
{
	uint64_t length = bpf_xdp_get_buff_len(ctx);
	uint64_t readable = (uint64_t)ctx->data_end - ctx->data;

	if (readable < TMON_HEADERS_WANTED && readable < length && bpf_xdp_pull_data)
		bpf_xdp_pull_data(ctx, length < TMON_HEADERS_WANTED ? (uint32_t)length : TMON_HEADERS_WANTED);
	/* What has been loaded of `ctx` until here is loaded anew: the verifier wants pointers as they come. */
	__asm__ volatile("" ::: "memory");
	return length;
}

#endif
