/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Unaligned big-endian loads, the same source for BPF and for native code. */
#ifndef TMON_BPF_BYTES_H
#define TMON_BPF_BYTES_H

#include <stdint.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#ifdef __bpf__
/* BPF loads need no alignment; a memcpy would be taken apart into bytes. */
#define TMON_LOAD(type, ptr) (*(const type *)(ptr))
#else
#define TMON_LOAD(type, ptr)                                        \
	(__extension__({                                            \
		type tmon_value_;                                   \
		__builtin_memcpy(&tmon_value_, (ptr), sizeof(type)); \
		tmon_value_;                                        \
	}))
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TMON_BE16(value) __builtin_bswap16(value)
#define TMON_BE32(value) __builtin_bswap32(value)
#define TMON_BE64(value) __builtin_bswap64(value)
#else
#define TMON_BE16(value) (value)
#define TMON_BE32(value) (value)
#define TMON_BE64(value) (value)
#endif

static __always_inline uint16_t tmon_load_be16(const uint8_t *at)
{
	return TMON_BE16(TMON_LOAD(uint16_t, at));
}

static __always_inline uint32_t tmon_load_be32(const uint8_t *at)
{
	return TMON_BE32(TMON_LOAD(uint32_t, at));
}

static __always_inline uint64_t tmon_load_be64(const uint8_t *at)
{
	return TMON_BE64(TMON_LOAD(uint64_t, at));
}

/* Kept in network byte order: for copying, not for arithmetic. */
static __always_inline uint32_t tmon_load_raw32(const uint8_t *at)
{
	return TMON_LOAD(uint32_t, at);
}

static __always_inline uint64_t tmon_load_raw64(const uint8_t *at)
{
	return TMON_LOAD(uint64_t, at);
}

#endif
