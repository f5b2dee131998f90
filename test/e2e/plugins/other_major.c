/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin of another ABI: only the first five members of the entry mean anything. */
#include <traffic_monitor/plugin.h>

const tmon_plugin_entry tmon_plugin_entry_v1 = {
	.magic = TMON_PLUGIN_MAGIC,
	.size = 24,
	.abi_major = TMON_ABI_MAJOR + 7,
};
