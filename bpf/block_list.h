/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The block list as it lies in maps: prefixes of a few lengths, each until a time. Shared with user space. */
#ifndef TMON_BPF_BLOCK_LIST_H
#define TMON_BPF_BLOCK_LIST_H

#include <stdint.h>

/* Different lengths at a time and family. One hash look-up each, so that the cost does not depend on how many
 * prefixes are blocked. */
#define TMON_BLOCK_LENGTHS 8

/* Addresses are in host byte order, all bits behind `length` are 0. Value of both maps: uint64_t, CLOCK_MONOTONIC,
 * nanoseconds, from when on the entry has no effect. */
struct tmon_block_key_v4 {
	uint32_t address;
	uint32_t length; /* 0-32 bits */
};

struct tmon_block_key_v6 {
	uint64_t high, low;
	uint64_t length; /* 0-128 bits */
};

/* The lengths that occur, one byte each from the lowest on: length + 1; 0 ends them. One word, so that it changes
 * as a whole. */
typedef uint64_t tmon_block_lengths;

#endif
