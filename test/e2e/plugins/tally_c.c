/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin in C: counts events and says so when it is destroyed. */
#include <traffic_monitor/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct tally {
	const tmon_host *host;
	uint64_t events;
};

static int32_t create(const tmon_host *host, tmon_str config, void **self)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	(void)config;
	if (!tally)
		return TMON_E_NOMEM;
	tally->host = host;
	*self = tally;
	return TMON_OK;
}

static int32_t on_batch(void *self, const tmon_batch *batch)
{
	((struct tally *)self)->events += batch->count;
	return TMON_OK;
}

static void destroy(void *self)
{
	struct tally *tally = self;
	char text[64];
	int size = snprintf(text, sizeof(text), "tally: %" PRIu64 " events", tally->events);
	tmon_str line = {text, (uint64_t)size};

	tally->host->log(tally->host->context, TMON_LOG_INFO, line);
	free(tally);
}

static const tmon_plugin_api api = {
	.size = sizeof(api),
	.create = create,
	.on_batch = on_batch,
	.destroy = destroy,
	.get_extension = NULL,
};

TMON_DEFINE_PLUGIN("tally-c", "1", api, TMON_WORDS(events), "");
