/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is decided about a source: the tables of both families as maps. Filled by host/filter/table_maps.hpp. */
#ifndef TMON_BPF_LOOKUP_BPF_H
#define TMON_BPF_LOOKUP_BPF_H

#include "prefix_table.h"

/* max_entries and the geometries are set before loading; the maps are frozen when they have been filled. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tmon_prefix_unit);
} prefixes_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tmon_prefix_unit);
} prefixes_v6 SEC(".maps");

/* Each a struct tmon_prefix_geometry; as words, so that skeletons need no type of ours. */
#define TMON_GEOMETRY_WORDS (sizeof(struct tmon_prefix_geometry) / sizeof(uint64_t))
const volatile uint64_t geometry_v4[TMON_GEOMETRY_WORDS] = {0};
const volatile uint64_t geometry_v6[TMON_GEOMETRY_WORDS] = {0};

__attribute__((noinline)) uint32_t tmon_prefix_walk_v4(uint32_t reference, uint64_t key, uint64_t rest)
{
	return tmon_prefix_walk(&prefixes_v4, 4, reference, key, rest);
}

__attribute__((noinline)) uint32_t tmon_prefix_walk_v6(uint32_t reference, uint64_t key, uint64_t rest)
{
	return tmon_prefix_walk(&prefixes_v6, 6, reference, key, rest);
}

static __always_inline uint32_t tmon_decision_v4(const uint8_t *source)
{
	return tmon_decide_v4(&prefixes_v4, (const volatile struct tmon_prefix_geometry *)geometry_v4, source);
}

static __always_inline uint32_t tmon_decision_v6(const uint8_t *source)
{
	return tmon_decide_v6(&prefixes_v6, (const volatile struct tmon_prefix_geometry *)geometry_v6, source);
}

#endif
