/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is decided about a source address: the table as it lies in memory and the look-up in it. Compiled by
 * clang into BPF programs and natively: the same source, the same answers. Built by host/policy/prefix_table.hpp.
 *
 * A table is an array of units of 64 bytes. It holds one or two trees: the first tells permitted sources from
 * all others, the second, where a policy needs it, tells which entry refuses those. A tree is
 *
 *     a root    2^bits references, chosen by that many bits of the address behind `skip` fixed ones; or as many
 *               directories of references, each as large as what is below it asks for
 *     nodes     one unit each: up to 28 separators of 15 bits, 14 of 31 or 7 of 63, in lanes of 16, 32 or 64 bits
 *     values    references, 16 in a unit
 *     records   what lies inside one cell, 4 in a unit
 *
 * A node looks at a window of the address. Its rank is the number of separators that are not above the window;
 * it chooses the next node (INNER) or a value (VALUES). Where only permitted and not permitted take turns, the
 * parity of the rank is the answer (PARITY). All lanes are compared at once and without a branch: with the top
 * bit of a lane set, x - s keeps it exactly when s <= x. An empty lane holds the top bit alone and never counts.
 *
 * IPv6 has 128 bits and a window at most 63: a first walk decides by bits 0-64, and its value may be a node that
 * starts a second one on bits 65-127. The root takes at least the first two bits.
 *
 * Boundaries of IPv6 are often finer than the window that a node has room for. What one step of a window spans is a
 * cell; a node whose cells are cut (CUT) says of up to 8 ranges of cells in turn which are permitted as a whole, and
 * which are one cell with a record: the single prefix that is permitted in it, or a node that divides it further.
 *
 * All numbers are in host byte order; addresses are compared as numbers.
 */
#ifndef TMON_BPF_PREFIX_TABLE_H
#define TMON_BPF_PREFIX_TABLE_H

#include "bytes.h"

#include <traffic_monitor/event.h>

/* A decision: permitted, or an entry (0: none) and whether it is never dropped. */
#define TMON_DECISION_PERMITTED 0x40000000u
#define TMON_DECISION_NEVER_DROP 0x20000000u
#define TMON_DECISION_ENTRY_MAX 0x1fffffffu
#define TMON_DECISION_ENTRY(decision) ((decision) & TMON_DECISION_ENTRY_MAX)

/* What a root or a value refers to: a decision with this bit, or the index of a node. Roots refer to nodes only: a
 * decision in the root would cost a branch that nobody can predict. */
#define TMON_REFERENCE_DECIDED 0x80000000u

#define TMON_PREFIX_KEY_MASK (~0ull >> 1) /* keys have 63 bits */

#define TMON_PREFIX_UNIT 64u
#define TMON_PREFIX_WORDS 16u   /* references in a unit */
#define TMON_PREFIX_DIRECTORIES 8u
#define TMON_PREFIX_RECORDS 4u
#define TMON_PREFIX_NODES_MAX 24 /* on the way to any answer; the builder keeps below it */
#define TMON_PREFIX_SEPARATORS 7 /* words of separators in a node */

/* The first two decide by the parity of the rank, in a tree without CUT as PARITY alone does. */
enum tmon_node_kind { TMON_NODE_PARITY, TMON_NODE_CUT, TMON_NODE_INNER, TMON_NODE_VALUES };

/* Lanes of 64 >> lane_shape bits. */
enum tmon_lane_shape { TMON_LANES_64, TMON_LANES_32, TMON_LANES_16 };

struct tmon_prefix_node {
	uint32_t base; /* PARITY: 1 when rank 0 is permitted. CUT: likewise, and twice the number of the first record.
			  INNER: index of child 0. VALUES: word of value 0 */
	uint8_t shift; /* bits behind the window */
	uint8_t shape; /* enum tmon_lane_shape */
	uint8_t kind;  /* enum tmon_node_kind */
	uint8_t cuts;  /* CUT: which ranges have a record, bit n for ranks 2n and 2n + 1; else 0 */
	uint64_t separators[TMON_PREFIX_SEPARATORS]; /* the lowest lane is the first; ascending */
};

/* Where a root of two levels goes on: with one of 2^bits references, chosen by that many bits more. */
struct tmon_prefix_directory {
	uint32_t base; /* word of the first */
	uint32_t bits; /* 0-32; with all bits before, at most 64 */
};

/* What is permitted of a cell; all bits of the address before the cell are known by then. */
enum tmon_record_kind { TMON_RECORD_PREFIX, TMON_RECORD_NODE, TMON_RECORD_SECOND_WALK };

struct tmon_prefix_record {
	uint64_t low;       /* PREFIX: bits 64-127 of the address, compared from `low_shift` on if `has_low` */
	uint32_t middle;    /* PREFIX: bits 32-63, compared from `middle_shift` on. Else: the index of a node */
	uint8_t middle_shift; /* 0-31 */
	uint8_t low_shift;    /* 0-63 */
	uint8_t has_low;      /* 0 or 1 */
	uint8_t kind;         /* enum tmon_record_kind */
};

struct tmon_prefix_unit {
	union {
		struct tmon_prefix_node node;
		uint32_t words[TMON_PREFIX_WORDS];
		struct tmon_prefix_directory directories[TMON_PREFIX_DIRECTORIES];
		struct tmon_prefix_record records[TMON_PREFIX_RECORDS];
	};
};

TMON_STATIC_ASSERT(sizeof(struct tmon_prefix_unit) == TMON_PREFIX_UNIT, "a unit is one cache line");

struct tmon_prefix_tree {
	uint64_t prefix; /* the `skip` fixed bits, as a number */
	uint32_t root;   /* unit of the first reference or directory */
	uint32_t below;  /* decision about addresses below and above those with the fixed bits */
	uint32_t above;
	uint8_t skip;    /* 0-62 (IPv4: 0-30) */
	uint8_t bits;    /* skip + bits: 2-64 (IPv4: 2-32) */
	uint8_t two_levels; /* the root holds directories */
	uint8_t has_cuts;   /* 0: no node is CUT */
};

/* What a program has to know about a table beforehand. In constant data the verifier sees it and removes what a
 * policy does not need. */
struct tmon_prefix_geometry {
	struct tmon_prefix_tree permitted;
	struct tmon_prefix_tree entries;
	uint32_t has_permitted; /* 0: nothing is, and `permitted` is not looked at */
	uint32_t has_entries;   /* 0: no entry refuses anything, and `entries` is not looked at */
	uint32_t units;
	uint32_t reserved;
};

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef const void *tmon_prefix_units; /* an array map of units */

static __always_inline const struct tmon_prefix_unit *tmon_prefix_unit_at(tmon_prefix_units units, uint32_t index)
{
	return bpf_map_lookup_elem((void *)(long)units, &index);
}

/* tmon_prefix_walk on the map of that family, as functions that the verifier looks at once and by themselves: their
 * loops in the middle of a program would multiply its states. */
uint32_t tmon_prefix_walk_v4(uint32_t reference, uint64_t key, uint64_t rest);
uint32_t tmon_prefix_walk_v6(uint32_t reference, uint64_t key, uint64_t rest);

#define TMON_PREFIX_WALK(family, units, reference, key, rest) \
	((family) == 4 ? tmon_prefix_walk_v4(reference, key, rest) : tmon_prefix_walk_v6(reference, key, rest))
#define TMON_LANE_ONES const volatile
#else
typedef const struct tmon_prefix_unit *tmon_prefix_units;

static __always_inline const struct tmon_prefix_unit *tmon_prefix_unit_at(tmon_prefix_units units, uint32_t index)
{
	return units + index;
}

#define TMON_PREFIX_WALK(family, units, reference, key, rest) \
	tmon_prefix_walk(units, family, reference, key, rest)
#define TMON_LANE_ONES static const
#endif

/* The lowest bit of each lane, by shape. */
TMON_LANE_ONES uint64_t tmon_lane_ones[4] = {1, 0x0000000100000001ull, 0x0001000100010001ull, 0};

struct tmon_lanes {
	uint64_t ones;
	uint64_t window; /* in each lane, its top bit set */
	uint32_t width;  /* bits of a lane */
};

static __always_inline struct tmon_lanes tmon_spread(const struct tmon_prefix_node *node, uint64_t key)
{
	struct tmon_lanes lanes;

	lanes.width = 64u >> (node->shape & 3);
	lanes.ones = tmon_lane_ones[node->shape & 3];
	key = (key >> (node->shift & 63)) & (~0ull >> ((65 - lanes.width) & 63));
	lanes.window = (key * lanes.ones) | (lanes.ones << ((lanes.width - 1) & 63));
	return lanes;
}

/* The sum of all lanes, where it fits into one. */
static __always_inline uint32_t tmon_lane_sum(const struct tmon_lanes *lanes, uint64_t each)
{
	return (uint32_t)((each * lanes->ones) >> ((64 - lanes->width) & 63));
}

/* The decision of a PARITY node. */
static __always_inline uint32_t tmon_node_parity(const struct tmon_prefix_node *node, uint64_t key)
{
	const struct tmon_lanes lanes = tmon_spread(node, key);
	uint64_t mixed = lanes.window - node->separators[0];

	mixed ^= lanes.window - node->separators[1];
	mixed ^= lanes.window - node->separators[2];
	mixed ^= lanes.window - node->separators[3];
	mixed ^= lanes.window - node->separators[4];
	mixed ^= lanes.window - node->separators[5];
	mixed ^= lanes.window - node->separators[6];
	mixed = (mixed >> ((lanes.width - 1) & 63)) & lanes.ones;
	return ((tmon_lane_sum(&lanes, mixed) ^ node->base) & 1) * TMON_DECISION_PERMITTED;
}

static __always_inline uint32_t tmon_node_rank(const struct tmon_prefix_node *node, uint64_t key)
{
	const struct tmon_lanes lanes = tmon_spread(node, key);
	const uint32_t top = (lanes.width - 1) & 63;
	uint64_t sum = ((lanes.window - node->separators[0]) >> top) & lanes.ones;

	sum += ((lanes.window - node->separators[1]) >> top) & lanes.ones;
	sum += ((lanes.window - node->separators[2]) >> top) & lanes.ones;
	sum += ((lanes.window - node->separators[3]) >> top) & lanes.ones;
	sum += ((lanes.window - node->separators[4]) >> top) & lanes.ones;
	sum += ((lanes.window - node->separators[5]) >> top) & lanes.ones;
	sum += ((lanes.window - node->separators[6]) >> top) & lanes.ones;
	return tmon_lane_sum(&lanes, sum);
}

/* Or'ed to the index of a node that starts the second walk. */
#define TMON_REFERENCE_SECOND_WALK 0x40000000u

static __always_inline uint32_t tmon_bits_in_octet(uint32_t octet)
{
	octet -= octet >> 1 & 0x55;
	octet = (octet & 0x33) + (octet >> 2 & 0x33);
	return (octet + (octet >> 4)) & 15;
}

/* A reference: from a PARITY or CUT node to a decision, or to the node that divides a cell. */
static __always_inline uint32_t tmon_node_cut(tmon_prefix_units units, const struct tmon_prefix_node *node, uint64_t key,
					      uint64_t rest)
{
	const uint32_t rank = tmon_node_rank(node, key);
	const uint32_t range = (rank >> 1) & 7;
	const uint32_t inside = (rank ^ node->base) & 1;
	const struct tmon_prefix_record *record;
	const struct tmon_prefix_unit *unit;
	uint64_t differs;
	uint32_t number;

	if (!(node->cuts >> range & inside))
		return TMON_REFERENCE_DECIDED | (inside * TMON_DECISION_PERMITTED);
	number = (node->base >> 1) + tmon_bits_in_octet(node->cuts & ((1u << range) - 1));
	unit = tmon_prefix_unit_at(units, number / TMON_PREFIX_RECORDS);
	if (!unit)
		return TMON_REFERENCE_DECIDED;
	record = &unit->records[number % TMON_PREFIX_RECORDS];
	if (record->kind == TMON_RECORD_NODE)
		return record->middle;
	if (record->kind == TMON_RECORD_SECOND_WALK)
		return record->middle | TMON_REFERENCE_SECOND_WALK;
	differs = ((rest | key << 63) ^ record->low) >> (record->low_shift & 63);
	differs = (differs * record->has_low) |
		  (uint64_t)(((uint32_t)(key >> 1) ^ record->middle) >> (record->middle_shift & 31));
	differs = (differs | (0 - differs)) >> 63;
	return TMON_REFERENCE_DECIDED | ((uint32_t)(differs ^ 1) * TMON_DECISION_PERMITTED);
}

/* From a node to its decision; `rest` is the key of the second walk. A broken table permits nothing. */
static __always_inline uint32_t tmon_prefix_walk(tmon_prefix_units units, int family, uint32_t reference, uint64_t key,
						 uint64_t rest)
{
#ifdef __bpf__
#pragma clang loop unroll(disable)
#endif
	for (int i = 0; i < TMON_PREFIX_NODES_MAX; i++) {
		const struct tmon_prefix_unit *unit = tmon_prefix_unit_at(units, reference);

		if (!unit)
			return 0;
		if (unit->node.kind == TMON_NODE_PARITY)
			return tmon_node_parity(&unit->node, key);
		if (family == 6 && unit->node.kind == TMON_NODE_CUT) {
			reference = tmon_node_cut(units, &unit->node, key, rest);
			if (reference & TMON_REFERENCE_DECIDED)
				return reference & ~TMON_REFERENCE_DECIDED;
			if (reference & TMON_REFERENCE_SECOND_WALK)
				key = rest;
			reference &= ~TMON_REFERENCE_SECOND_WALK;
			continue;
		}
		reference = unit->node.base + tmon_node_rank(&unit->node, key);
		if (unit->node.kind == TMON_NODE_INNER)
			continue;
		unit = tmon_prefix_unit_at(units, reference / TMON_PREFIX_WORDS);
		if (!unit)
			return 0;
		reference = unit->words[reference % TMON_PREFIX_WORDS];
		if (reference & TMON_REFERENCE_DECIDED)
			return reference & ~TMON_REFERENCE_DECIDED;
		key = rest;
	}
	return 0;
}

/* `high`: the first 64 bits of the address, or an IPv4 address followed by zeros. */
static __always_inline uint32_t tmon_tree_decide(tmon_prefix_units units, const volatile struct tmon_prefix_tree *tree,
						 int family, uint64_t high, uint64_t key, uint64_t rest)
{
	const uint8_t skip = tree->skip;
	const uint64_t fixed = high >> 1 >> ((63 - skip) & 63);
	const struct tmon_prefix_unit *unit;
	uint32_t reference;

	if (fixed != tree->prefix)
		return fixed < tree->prefix ? tree->below : tree->above;
	reference = (uint32_t)((high << (skip & 63)) >> ((64 - tree->bits) & 63));
	if (tree->two_levels) {
		unit = tmon_prefix_unit_at(units, tree->root + reference / TMON_PREFIX_DIRECTORIES);
		if (!unit)
			return 0;
		reference %= TMON_PREFIX_DIRECTORIES;
		reference = unit->directories[reference].base +
			    (uint32_t)((high << ((skip + tree->bits) & 63)) >> 1 >>
				       ((63 - unit->directories[reference].bits) & 63));
		unit = tmon_prefix_unit_at(units, reference / TMON_PREFIX_WORDS);
	} else {
		unit = tmon_prefix_unit_at(units, tree->root + reference / TMON_PREFIX_WORDS);
	}
	if (!unit)
		return 0;
	reference = unit->words[reference % TMON_PREFIX_WORDS];
	unit = tmon_prefix_unit_at(units, reference);
	if (!unit)
		return 0;
	if (family == 6 && tree->has_cuts) {
		if (unit->node.kind <= TMON_NODE_CUT) {
			reference = tmon_node_cut(units, &unit->node, key, rest);
			if (reference & TMON_REFERENCE_DECIDED)
				return reference & ~TMON_REFERENCE_DECIDED;
			if (reference & TMON_REFERENCE_SECOND_WALK)
				key = rest;
			reference &= ~TMON_REFERENCE_SECOND_WALK;
		}
	} else if (unit->node.kind == TMON_NODE_PARITY) {
		return tmon_node_parity(&unit->node, key);
	}
	return TMON_PREFIX_WALK(family, units, reference, key, rest);
}

static __always_inline uint32_t tmon_prefix_decide(tmon_prefix_units units,
						   const volatile struct tmon_prefix_geometry *geometry, int family,
						   uint64_t high, uint64_t key, uint64_t rest)
{
	uint32_t decision = 0;

	if (geometry->has_permitted)
		decision = tmon_tree_decide(units, &geometry->permitted, family, high, key, rest);
	if (!geometry->has_entries || decision)
		return decision;
	return tmon_tree_decide(units, &geometry->entries, family, high, key, rest);
}

/* `source`: the four octets of an IPv4 address, at any alignment. */
static __always_inline uint32_t tmon_decide_v4(tmon_prefix_units units,
					       const volatile struct tmon_prefix_geometry *geometry,
					       const uint8_t *source)
{
	const uint32_t address = TMON_BE32(tmon_load_raw32(source));

	return tmon_prefix_decide(units, geometry, 4, (uint64_t)address << 32, address, 0);
}

/* `source`: the sixteen octets of an IPv6 address, at any alignment. */
static __always_inline uint32_t tmon_decide_v6(tmon_prefix_units units,
					       const volatile struct tmon_prefix_geometry *geometry,
					       const uint8_t *source)
{
	const uint64_t high = ((uint64_t)TMON_BE32(tmon_load_raw32(source)) << 32) |
			      TMON_BE32(tmon_load_raw32(source + 4));
	const uint64_t low = ((uint64_t)TMON_BE32(tmon_load_raw32(source + 8)) << 32) |
			     TMON_BE32(tmon_load_raw32(source + 12));

	return tmon_prefix_decide(units, geometry, 6, high, ((high << 1) | (low >> 63)) & TMON_PREFIX_KEY_MASK,
				  low & TMON_PREFIX_KEY_MASK);
}

#endif
