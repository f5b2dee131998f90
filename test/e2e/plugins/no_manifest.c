/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin in all but its manifest. */
#include <traffic_monitor/plugin.h>

static const tmon_plugin_api api = {.size = sizeof(api)};

const tmon_plugin_entry tmon_plugin_entry_v1 = {
	TMON_PLUGIN_MAGIC, sizeof(tmon_plugin_entry), TMON_ABI_MAJOR, 0, 0, 0, "no-manifest", "1", "{}", &api};
