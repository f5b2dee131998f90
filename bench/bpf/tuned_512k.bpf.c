/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define WAKE_UP_AT 524288
#define TMON_REPORT_HEADER "bench/bpf/report_ringbuf.bpf.h"
#include "bpf/xdp_filter.bpf.c"
