/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The filter: parse, classify, count, report, verdict.
 *
 * A packet is permitted when its source matches a permitted prefix. ARP, neighbour discovery, DHCP and
 * frames that are not IP pass and are counted as unfiltered. All else is denied: reported, and dropped
 * in drop mode. A packet whose source cannot be told is denied too, with the reason.
 */
#include "classify.h"
#include "counters.h"
#include "frame_data.bpf.h"
#include "lookup.bpf.h"

/* The report step can be exchanged at compile time; the benchmarks compare others with it. */
#ifndef TMON_REPORT_HEADER
#define TMON_REPORT_HEADER "report.bpf.h"
#endif
#include TMON_REPORT_HEADER

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile uint8_t drop_mode = 0;
const volatile uint8_t trace = 0;              /* print each verdict to the trace pipe */
const volatile uint32_t interface_index = 0; /* which element of `counters` is this program's */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tmon_counters);
} counters SEC(".maps");

static __always_inline void count(struct tmon_counters *counted, enum tmon_verdict verdict,
				  const struct tmon_frame *frame, uint64_t bytes)
{
	uint32_t family = frame->ip_version == 4   ? TMON_FAMILY_IPV4
			  : frame->ip_version == 6 ? TMON_FAMILY_IPV6
						   : TMON_FAMILY_NONE;

	counted->verdicts[verdict][family].packets++;
	counted->verdicts[verdict][family].bytes += bytes;
}

static __always_inline void trace_verdict(const struct tmon_frame *frame, const uint8_t *end, uint32_t ifindex,
					  const char *verdict)
{
	if (!trace)
		return;
	if (frame->ip_version == 4 && frame->l3 + 20 <= end) {
		uint32_t source = tmon_load_raw32(frame->l3 + 12);

		bpf_printk("traffic-monitor: %s if %u src %pI4 proto %u", verdict, ifindex, &source,
			   frame->protocol);
	} else if (frame->ip_version == 6 && frame->l3 + 40 <= end) {
		uint8_t source[16];

		tmon_store_v6(source, frame->l3 + 8);
		bpf_printk("traffic-monitor: %s if %u src %pI6c proto %u", verdict, ifindex, source,
			   frame->protocol);
	} else {
		bpf_printk("traffic-monitor: %s if %u no source, reason %u", verdict, ifindex, frame->reason);
	}
}

SEC("xdp.frags")
int xdp_filter(struct xdp_md *ctx)
{
	uint64_t bytes = tmon_frame_length(ctx);
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t ifindex = ctx->ingress_ifindex;
	uint32_t index = interface_index;
	struct tmon_counters *counted = bpf_map_lookup_elem(&counters, &index);
	struct tmon_frame frame;
	uint32_t decision = 0;

	if (!counted)
		return XDP_PASS;
	counted->seen++;

	switch (tmon_classify(data, end, (uint32_t)bytes, &frame)) {
	case TMON_NETWORK_IPV4:
		decision = tmon_decision_v4(frame.l3 + 12);
		if (decision & TMON_DECISION_PERMITTED) {
			trace_verdict(&frame, end, ifindex, "permitted");
			count(counted, TMON_VERDICT_PERMITTED, &frame, bytes);
			return XDP_PASS;
		}
		break;
	case TMON_NETWORK_IPV6:
		decision = tmon_decision_v6(frame.l3 + 8);
		if (decision & TMON_DECISION_PERMITTED) {
			trace_verdict(&frame, end, ifindex, "permitted");
			count(counted, TMON_VERDICT_PERMITTED, &frame, bytes);
			return XDP_PASS;
		}
		break;
	case TMON_NETWORK_ARP:
		trace_verdict(&frame, end, ifindex, "unfiltered (ARP)");
		count(counted, TMON_VERDICT_UNFILTERED_ARP, &frame, bytes);
		return XDP_PASS;
	case TMON_NETWORK_OTHER:
		trace_verdict(&frame, end, ifindex, "unfiltered (not IP)");
		count(counted, TMON_VERDICT_UNFILTERED_NON_IP, &frame, bytes);
		return XDP_PASS;
	case TMON_NETWORK_UNDECIDABLE:
		break;
	}

	switch (tmon_exempt(&frame, end)) {
	case TMON_EXEMPT_ND:
		trace_verdict(&frame, end, ifindex, "unfiltered (ND)");
		count(counted, TMON_VERDICT_UNFILTERED_ND, &frame, bytes);
		return XDP_PASS;
	case TMON_EXEMPT_DHCP:
		trace_verdict(&frame, end, ifindex, "unfiltered (DHCP)");
		count(counted, TMON_VERDICT_UNFILTERED_DHCP, &frame, bytes);
		return XDP_PASS;
	case TMON_EXEMPT_NOT:
		break;
	}

	frame.entry = TMON_DECISION_ENTRY(decision);
	if (frame.reason < TMON_REASON_COUNT)
		counted->denied_by_reason[frame.reason]++;
	if (drop_mode) {
		trace_verdict(&frame, end, ifindex, "denied, dropped");
		count(counted, TMON_VERDICT_DENIED_DROPPED, &frame, bytes);
		tmon_report(&frame, end, ifindex, TMON_ACTION_DROP);
		return XDP_DROP;
	}
	trace_verdict(&frame, end, ifindex, "denied, passed");
	count(counted, TMON_VERDICT_DENIED_LOGGED, &frame, bytes);
	tmon_report(&frame, end, ifindex, TMON_ACTION_LOG);
	return XDP_PASS;
}
