/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reports nothing: what the rest of the program costs. */
#include "event.bpf.h"

static __always_inline void tmon_report(const struct tmon_frame *frame, const uint8_t *end, uint32_t ifindex,
					uint8_t action)
{
	(void)frame;
	(void)end;
	(void)ifindex;
	(void)action;
}
