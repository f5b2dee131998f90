/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A manifest that is right, and no entry. A hidden symbol of that name is none. */
__attribute__((section(".tmon.manifest"), used)) static const char manifest[8192] = "{}";

extern const int tmon_plugin_entry_v1;
__attribute__((visibility("hidden"))) const int tmon_plugin_entry_v1 = 1;
