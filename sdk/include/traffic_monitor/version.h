/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRAFFIC_MONITOR_VERSION_H
#define TRAFFIC_MONITOR_VERSION_H

/* Version of the product. */
#define TMON_VERSION_MAJOR 0
#define TMON_VERSION_MINOR 1
#define TMON_VERSION_PATCH 0
#define TMON_VERSION_STRING "0.1.0"

/* Version of the plugin ABI. A plugin loads when its major equals the host's and the minor it
 * requires is not above the host's. 1.0 is a release candidate until outputs, threats, alerts
 * and report have lived on it. */
#define TMON_ABI_MAJOR 1
#define TMON_ABI_MINOR 0

#endif
