/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counts packets that are larger than 1500 bytes, as a metric, and says at the end how many there were. */
#include <traffic_monitor/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct large_packets {
	const tmon_host *host;
	uint32_t metric;
	uint64_t count;
};

static tmon_str text(const char *data, int size)
{
	tmon_str result = {data, (uint64_t)size};
	return result;
}

static int32_t create(const tmon_host *host, tmon_str config, void **self)
{
	struct large_packets *plugin = calloc(1, sizeof(*plugin));
	tmon_metric metric = {0};
	int32_t status;

	(void)config; /* the manifest says that there is none */
	if (!plugin)
		return TMON_E_NOMEM;
	plugin->host = host;
	metric.size = sizeof(metric);
	metric.kind = TMON_METRIC_COUNTER;
	metric.name = text("large_packets_total", 19);
	metric.help = text("packets larger than 1500 bytes", 30);
	status = host->metric_define(host->context, &metric, &plugin->metric);
	if (status != TMON_OK && status != TMON_E_UNSUPPORTED) {
		free(plugin);
		return status;
	}
	*self = plugin;
	return TMON_OK;
}

static int32_t on_batch(void *self, const tmon_batch *batch)
{
	struct large_packets *plugin = self;
	const unsigned char *at = batch->events;
	uint64_t large = 0;

	/* By the stride, not by sizeof: the events of a newer host are longer. */
	for (uint32_t i = 0; i < batch->count; i++, at += batch->event_stride)
		large += ((const tmon_event *)at)->packet_size > 1500;
	plugin->count += large;
	plugin->host->metric_record(plugin->host->context, plugin->metric, (double)large);
	return TMON_OK;
}

static void destroy(void *self)
{
	struct large_packets *plugin = self;
	char line[64];
	int size = snprintf(line, sizeof(line), "%" PRIu64 " large packets", plugin->count);

	plugin->host->log(plugin->host->context, TMON_LOG_INFO, text(line, size));
	free(plugin);
}

static const tmon_plugin_api api = {
	.size = sizeof(api),
	.create = create,
	.on_batch = on_batch,
	.destroy = destroy,
};

TMON_DEFINE_PLUGIN("large-packets", "1.0.0", api, TMON_WORDS(events),
		   TMON_JSON(, "description": "Counts packets larger than 1500 bytes", "config": {"type": "object"}));
