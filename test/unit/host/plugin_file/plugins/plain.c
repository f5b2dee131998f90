/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Has an entry, and room for a manifest that a test writes; see test/unit/host/plugin_file/plugin_bytes.hpp. */
#include <unistd.h>

__attribute__((section(".tmon.manifest"), used)) static const char manifest[8192] = "{}";

extern const int tmon_plugin_entry_v1;
__attribute__((visibility("default"))) const int tmon_plugin_entry_v1 = 1;

__attribute__((visibility("default"))) int answer(void) { return getpid() > 0 ? 42 : 0; }
