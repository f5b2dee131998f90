/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program that every verifier refuses: it reads a packet without looking where it ends. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int refused(struct xdp_md *frame)
{
	return *(const int *)(long)frame->data;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
