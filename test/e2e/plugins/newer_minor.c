/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin that requires a newer host, and says so. */
#include <traffic_monitor/plugin.h>

#undef TMON_ABI_MINOR
#undef TMON_ABI_MINOR_REQUIRED
#define TMON_ABI_MINOR 1
#define TMON_ABI_MINOR_REQUIRED 1

static const tmon_plugin_api api = {.size = sizeof(api)};

TMON_DEFINE_PLUGIN("newer-minor", "1", api, "[]", "");
