/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin of another ABI, whose manifest is not to be understood but for that. */
#include <traffic_monitor/plugin.h>

static const char manifest[] TMON_IN_MANIFEST_SECTION =
	"{\"manifest\": 1, \"abi\": {\"major\": 8, \"required\": 0, \"built\": 0}, \"parts\": [1, 2]}";

const tmon_plugin_entry tmon_plugin_entry_v1 = {
	.magic = TMON_PLUGIN_MAGIC,
	.size = 24, /* only the first five members mean anything */
	.abi_major = TMON_ABI_MAJOR + 7,
};
