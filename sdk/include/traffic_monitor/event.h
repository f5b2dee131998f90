/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One denied packet. The XDP program writes this struct into the event ring, the runner copies it
 * once into a batch, and plugins read it there: the same 64 bytes everywhere.
 *
 * Needs only <stddef.h> and <stdint.h>; compiles as C11, as C++11 and later, and as BPF C.
 */
#ifndef TRAFFIC_MONITOR_EVENT_H
#define TRAFFIC_MONITOR_EVENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TMON_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define TMON_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/* tmon_event.action */
#define TMON_ACTION_LOG 0u  /* reported, passed to the network stack */
#define TMON_ACTION_DROP 1u /* reported, dropped at the XDP hook */

/* tmon_event.reason: why the packet was denied. From TMON_REASON_TRUNCATED to 127 the packet is
 * undecidable: its source could not be established. */
#define TMON_REASON_NOT_PERMITTED 0u /* no entry matches the source, or the longest that does is a denied or
                                        never_drop one: entry tells which */
#define TMON_REASON_TRUNCATED 1u     /* frame ends inside the link or the fixed IP header */
#define TMON_REASON_BAD_VERSION 2u   /* EtherType and IP version nibble disagree */
#define TMON_REASON_BAD_HEADER 3u    /* IPv4 IHL below 5, or total length below the header's */
#define TMON_REASON_VLAN_DEPTH 4u    /* more than two VLAN tags */
#define TMON_REASON_SPLIT 5u         /* the headers do not lie in one buffer of a multi-buffer frame */
#define TMON_REASON_COUNT 6u         /* of those above */
#define TMON_REASON_BLOCKED 128u     /* the source is on the block list */

/* tmon_event.flags */
#define TMON_EVENT_FRAGMENT 0x01u  /* part of a fragmented datagram; an IPv6 atomic fragment is a whole one */
#define TMON_EVENT_NO_PORTS 0x02u  /* TCP, UDP, SCTP or ICMP whose header is not (wholly) in this frame:
                                      src_port, dst_port and tcp_flags are 0 and mean nothing */
#define TMON_EVENT_VLAN 0x04u      /* at least one VLAN tag was present; vlan holds the outermost id */
#define TMON_EVENT_SHORT 0x08u     /* the IP length exceeds what the frame holds */
#define TMON_EVENT_DRY_RUN 0x10u   /* would have been dropped, were this not a dry run */

/* IP protocol numbers the program reads further than the IP header (IANA). */
#define TMON_PROTO_ICMP 1u
#define TMON_PROTO_TCP 6u
#define TMON_PROTO_UDP 17u
#define TMON_PROTO_ICMPV6 58u
#define TMON_PROTO_SCTP 132u

typedef struct tmon_event {
	uint64_t time_ns;     /* when the program saw the packet: CLOCK_MONOTONIC, nanoseconds */
	uint8_t src[16];      /* source address, network byte order; IPv4 as ::ffff:a.b.c.d */
	uint8_t dst[16];      /* destination address, likewise */
	uint16_t src_port;    /* host byte order; ICMP and ICMPv6: type */
	uint16_t dst_port;    /* host byte order; ICMP and ICMPv6: code */
	uint8_t ip_version;   /* 4 or 6; 0 when no IP header could be read */
	uint8_t protocol;     /* IANA protocol number; IPv6: of the last header of the chain that was read */
	uint8_t tcp_flags;    /* byte 13 of the TCP header: CWR ECE URG ACK PSH RST SYN FIN */
	uint8_t action;       /* TMON_ACTION_ */
	uint32_t packet_size; /* IP length in bytes: IPv4 total length, IPv6 40 + payload length; as in
	                         the header, so it may be untrue where TMON_EVENT_SHORT is set. Where a field of 16
	                         bits says 0 because it cannot say more (BIG TCP, jumbograms), and with
	                         ip_version 0: the bytes behind the link layer */
	uint32_t ifindex;     /* ingress interface */
	uint16_t vlan;        /* outermost VLAN identifier, 0-4095; valid with TMON_EVENT_VLAN */
	uint8_t reason;       /* TMON_REASON_ */
	uint8_t flags;        /* TMON_EVENT_ */
	uint32_t entry;       /* id of the list entry that decided, 0 = none; ids are not reused in a run */
} tmon_event;

TMON_STATIC_ASSERT(sizeof(tmon_event) == 64, "an event is 64 bytes");
TMON_STATIC_ASSERT(offsetof(tmon_event, time_ns) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, src) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, dst) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, src_port) == 40, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, dst_port) == 42, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, ip_version) == 44, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, protocol) == 45, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, tcp_flags) == 46, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, action) == 47, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, packet_size) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, ifindex) == 52, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, vlan) == 56, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, reason) == 58, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, flags) == 59, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_event, entry) == 60, "layout");

#endif
