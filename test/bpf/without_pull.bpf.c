/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The filter as it is on kernels without bpf_xdp_pull_data. */
#define TMON_WITHOUT_PULL
#include "bpf/xdp_filter.bpf.c"
