/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Asks for each batch three times before it takes it, and checks that it is the same batch and that each
 * ring comes in order without gaps or repetition. */
#include <traffic_monitor/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RINGS 64

struct retries {
	const tmon_host *host;
	unsigned asked; /* how often the current batch has been refused */
	tmon_batch current;
	uint64_t first_time;
	uint64_t next[RINGS];
	uint64_t events, refused, wrong;
};

static int32_t create(const tmon_host *host, tmon_str config, void **self)
{
	struct retries *state = calloc(1, sizeof(*state));

	(void)config;
	if (!state)
		return TMON_E_NOMEM;
	state->host = host;
	*self = state;
	return TMON_OK;
}

static int32_t on_batch(void *self, const tmon_batch *batch)
{
	struct retries *state = self;
	uint64_t first_time = ((const tmon_event *)batch->events)->time_ns;

	if (state->asked == 0) {
		state->current = *batch;
		state->first_time = first_time;
	} else if (batch->ring != state->current.ring || batch->first_seq != state->current.first_seq ||
		   batch->count != state->current.count || batch->lost_before != state->current.lost_before ||
		   first_time != state->first_time) {
		state->wrong++;
	}
	if (state->asked++ < 3) {
		state->refused++;
		return TMON_RETRY;
	}
	state->asked = 0;
	if (batch->ring < RINGS) {
		if (batch->first_seq != state->next[batch->ring] + batch->lost_before)
			state->wrong++;
		state->next[batch->ring] = batch->first_seq + batch->count;
	}
	state->events += batch->count;
	return TMON_OK;
}

static void destroy(void *self)
{
	struct retries *state = self;
	char text[128];
	int size = snprintf(text, sizeof(text), "took %" PRIu64 " events, %s, %" PRIu64 " wrong", state->events,
			    state->refused ? "refused some first" : "refused none", state->wrong);
	tmon_str line = {text, (uint64_t)size};

	state->host->log(state->host->context, TMON_LOG_INFO, line);
	free(state);
}

static const tmon_plugin_api api = {
	.size = sizeof(api),
	.create = create,
	.on_batch = on_batch,
	.destroy = destroy,
};

TMON_DEFINE_PLUGIN("retries", "1", api, TMON_WORDS(events), "");
