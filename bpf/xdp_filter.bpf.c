/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The filter: parse, classify, count, report, verdict.
 *
 * A packet is permitted when the longest prefix that covers its source permits it, and the source is not blocked.
 * ARP, neighbour discovery, DHCP and frames that are not IP pass and are counted as unfiltered. All else is
 * denied: reported, and dropped in drop mode, or in any mode when the source is blocked. A packet whose source
 * cannot be told is denied too, with the reason.
 *
 * Each policy has programs of its own, made for it: what it does not use is not in them. What outlives a policy lies
 * in maps that all of them share: rings, counters, the block list, the state.
 */
#include "counters.h"
#include "decide.bpf.h"
#include "frame_data.bpf.h"
#include "rest.bpf.h"

/* The report step can be exchanged at compile time; the benchmarks compare others with it. */
#ifndef TMON_REPORT_HEADER
#define TMON_REPORT_HEADER "report.bpf.h"
#endif
#include TMON_REPORT_HEADER

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile uint8_t drop_mode = 0;
const volatile uint8_t dry_run = 0;            /* drop nothing, mark what would be dropped */
const volatile uint8_t trace = 0;              /* print each verdict to the trace pipe */
const volatile uint32_t interface_index = 0; /* which element of `counters` is this program's */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tmon_counters);
} counters SEC(".maps");

static __always_inline void count(struct tmon_counters *counted, uint32_t verdict, const struct tmon_frame *frame,
				  uint64_t bytes)
{
	uint32_t family = frame->ip_version == 4   ? TMON_FAMILY_IPV4
			  : frame->ip_version == 6 ? TMON_FAMILY_IPV6
						   : TMON_FAMILY_NONE;

	if (verdict >= TMON_VERDICT_COUNT)
		return;
	counted->verdicts[verdict][family].packets++;
	counted->verdicts[verdict][family].bytes += bytes;
}

static __always_inline void trace_verdict(const struct tmon_frame *frame, const uint8_t *end, uint32_t ifindex,
					  uint32_t verdict)
{
	static const char names[TMON_VERDICT_COUNT][24] = {
		"permitted",	  "denied, passed",	       "denied, dropped",  "denied, never dropped",
		"blocked, dropped", "denied, dry run", "blocked, dry run", "unfiltered (ARP)", "unfiltered (ND)",
		"unfiltered (DHCP)", "unfiltered (not IP)"};

	if (!trace || verdict >= TMON_VERDICT_COUNT)
		return;
	if (frame->ip_version == 4 && frame->l3 + 20 <= end) {
		uint32_t source = tmon_load_raw32(frame->l3 + 12);

		bpf_printk("traffic-monitor: %s if %u src %pI4 proto %u", names[verdict], ifindex, &source,
			   frame->protocol);
	} else if (frame->ip_version == 6 && frame->l3 + 40 <= end) {
		uint8_t source[16];

		tmon_store_v6(source, frame->l3 + 8);
		bpf_printk("traffic-monitor: %s if %u src %pI6c proto %u", names[verdict], ifindex, source,
			   frame->protocol);
	} else {
		bpf_printk("traffic-monitor: %s if %u no source, reason %u", names[verdict], ifindex, frame->reason);
	}
}

static __always_inline int still_dropping(void)
{
	uint64_t until = TMON_STATE(drop_until_ns);

	return drop_mode && (!until || bpf_ktime_get_ns() < until);
}

/* What becomes of a packet that is denied; completes the frame for its event. */
static __always_inline uint32_t deny(struct tmon_counters *counted, struct tmon_frame *frame, uint32_t decision)
{
	if (decision & TMON_DECISION_BLOCKED) {
		frame->reason = TMON_REASON_BLOCKED;
	} else {
		frame->entry = TMON_DECISION_ENTRY(decision);
		if (frame->reason < TMON_REASON_COUNT)
			counted->denied_by_reason[frame->reason]++;
		if (decision & TMON_DECISION_NEVER_DROP)
			return TMON_VERDICT_DENIED_SPARED;
		if (!still_dropping())
			return TMON_VERDICT_DENIED_LOGGED;
	}
	if (dry_run) {
		frame->flags |= TMON_EVENT_DRY_RUN;
		return decision & TMON_DECISION_BLOCKED ? TMON_VERDICT_BLOCKED_DRY_RUN : TMON_VERDICT_DENIED_DRY_RUN;
	}
	return decision & TMON_DECISION_BLOCKED ? TMON_VERDICT_DENIED_BLOCKED : TMON_VERDICT_DENIED_DROPPED;
}

static __always_inline int is_dropped(uint32_t verdict)
{
	return verdict == TMON_VERDICT_DENIED_DROPPED || verdict == TMON_VERDICT_DENIED_BLOCKED;
}

/* Counts, traces and returns for what passes unreported. */
static __always_inline int pass(struct tmon_counters *counted, const struct tmon_frame *frame, const uint8_t *end,
				uint32_t ifindex, uint64_t bytes, uint32_t verdict)
{
	trace_verdict(frame, end, ifindex, verdict);
	count(counted, verdict, frame, bytes);
	return XDP_PASS;
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
	uint32_t decision = 0;
	uint32_t verdict;
	struct tmon_frame frame;

	if (!counted)
		return XDP_PASS;
	counted->seen++;

	switch (tmon_classify(data, end, (uint32_t)bytes, &frame)) {
	case TMON_NETWORK_IPV4:
		decision = tmon_judge_v4(tmon_load_raw32(frame.l3 + 12));
		break;
	case TMON_NETWORK_IPV6:
		decision = tmon_judge_v6(tmon_load_raw64(frame.l3 + 8), tmon_load_raw64(frame.l3 + 16));
		break;
	case TMON_NETWORK_ARP:
		return pass(counted, &frame, end, ifindex, bytes, TMON_VERDICT_UNFILTERED_ARP);
	case TMON_NETWORK_OTHER:
		return pass(counted, &frame, end, ifindex, bytes, TMON_VERDICT_UNFILTERED_NON_IP);
	case TMON_NETWORK_UNDECIDABLE:
		break;
	}
	if (decision & TMON_DECISION_PERMITTED)
		return pass(counted, &frame, end, ifindex, bytes, TMON_VERDICT_PERMITTED);

	switch (tmon_read_rest(ctx, &frame)) {
	case TMON_EXEMPT_ND:
		return pass(counted, &frame, end, ifindex, bytes, TMON_VERDICT_UNFILTERED_ND);
	case TMON_EXEMPT_DHCP:
		return pass(counted, &frame, end, ifindex, bytes, TMON_VERDICT_UNFILTERED_DHCP);
	case TMON_EXEMPT_NOT:
		break;
	}
	verdict = deny(counted, &frame, decision);
	trace_verdict(&frame, end, ifindex, verdict);
	count(counted, verdict, &frame, bytes);
	tmon_report(&frame, end, ifindex, is_dropped(verdict) ? TMON_ACTION_DROP : TMON_ACTION_LOG);
	return is_dropped(verdict) ? XDP_DROP : XDP_PASS;
}
