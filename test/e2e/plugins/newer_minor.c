/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin that requires a newer host. */
#include <traffic_monitor/plugin.h>

const tmon_plugin_entry tmon_plugin_entry_v1 = {
	.magic = TMON_PLUGIN_MAGIC,
	.size = sizeof(tmon_plugin_entry),
	.abi_major = TMON_ABI_MAJOR,
	.abi_minor_required = TMON_ABI_MINOR + 1,
	.abi_minor_built = TMON_ABI_MINOR + 1,
};
