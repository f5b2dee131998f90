/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What decides about a frame, in two steps, the same for the XDP program and natively:
 *
 *     switch (tmon_classify(data, end, length, &frame))
 *         IPV4, IPV6     the list, by the source at tmon_source(&frame); what the list permits needs nothing else
 *         ARP, OTHER     nothing: it passes
 *         UNDECIDABLE    frame.reason: it is denied
 *     tmon_exempt(&frame, end)    for all that the list has not permitted: does it pass all the same?
 *
 * The second step also reads what only an event needs: ports, flags, the last protocol of a chain.
 */
#ifndef TMON_BPF_CLASSIFY_H
#define TMON_BPF_CLASSIFY_H

#include "link.h"
#include "parse.h"

enum tmon_exemption {
	TMON_EXEMPT_NOT,
	TMON_EXEMPT_ND,
	TMON_EXEMPT_DHCP,
};

/* `end` is behind what can be read, `length` the bytes of the whole frame; see frame.h. */
static __always_inline enum tmon_network tmon_classify(const uint8_t *data, const uint8_t *end, uint32_t length,
						       struct tmon_frame *frame)
{
	tmon_parse_link(data, end, length, frame);
	if (frame->network == TMON_NETWORK_IPV4)
		tmon_parse_ipv4(frame, end);
	else if (frame->network == TMON_NETWORK_IPV6)
		tmon_parse_ipv6(frame, end);
	return (enum tmon_network)frame->network;
}

/* Source address in network byte order, 4 or 16 bytes, with ip_version 4 or 6. (In the XDP program the bounds have
 * to be shown to the verifier where it is used.) */
static __always_inline const uint8_t *tmon_source(const struct tmon_frame *frame)
{
	return frame->l3 + (frame->ip_version == 4 ? 12 : 8);
}

static __always_inline enum tmon_exemption tmon_exempt(struct tmon_frame *frame, const uint8_t *end)
{
	if (frame->network == TMON_NETWORK_IPV6)
		tmon_parse_extensions(frame, end);
	else if (frame->network != TMON_NETWORK_IPV4)
		return TMON_EXEMPT_NOT;
	tmon_parse_transport(frame, end);
	if (tmon_is_neighbour_discovery(frame))
		return TMON_EXEMPT_ND;
	return tmon_is_dhcp(frame) ? TMON_EXEMPT_DHCP : TMON_EXEMPT_NOT;
}

/* tmon_event.packet_size */
static __always_inline uint32_t tmon_packet_size(const struct tmon_frame *frame)
{
	return frame->ip_version ? frame->ip_length : frame->rest;
}

#endif
