/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes every type of the ABI reachable from one symbol, for abidw. By pointers: the growth of one type is not
 * to move another. */
#include <traffic_monitor/plugin.h>

void every_type(const tmon_str *, const tmon_event *, const tmon_batch *, const tmon_measure *, const tmon_alert *,
		const tmon_metric *, const tmon_block *, const tmon_host *, const tmon_plugin_api *,
		const tmon_ext_alerts *, const tmon_tick *, const tmon_ext_ticks *, const tmon_ext_end *,
		const tmon_ext_state *, const tmon_ext_reconfigure *, const tmon_plugin_entry *);
void every_type(const tmon_str *a, const tmon_event *b, const tmon_batch *c, const tmon_measure *d, const tmon_alert *e,
		const tmon_metric *f, const tmon_block *g, const tmon_host *h, const tmon_plugin_api *i,
		const tmon_ext_alerts *j, const tmon_tick *k, const tmon_ext_ticks *l, const tmon_ext_end *m,
		const tmon_ext_state *n, const tmon_ext_reconfigure *o, const tmon_plugin_entry *p)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
	(void)i, (void)j, (void)k, (void)l, (void)m, (void)n, (void)o, (void)p;
}
