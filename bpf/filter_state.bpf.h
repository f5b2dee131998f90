/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The one global that is not constant. Its address is a constant of the program. */
#ifndef TMON_BPF_FILTER_STATE_BPF_H
#define TMON_BPF_FILTER_STATE_BPF_H

#include "filter_state.h"

struct tmon_filter_state state;

/* Read anew each time: user space may write it at any time. */
#define TMON_STATE(field) (*(volatile uint64_t *)&state.field)

#endif
