/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Uses everything that the ABI has and says what it is given, in the same words as powers.cpp. */
#include <traffic_monitor/plugin.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct powers {
	const tmon_host *host;
	uint32_t counter, histogram;
	uint64_t events, bytes;
};

static tmon_str text(const char *data)
{
	tmon_str result = {data, strlen(data)};
	return result;
}

__attribute__((format(printf, 2, 3))) static void say(const tmon_host *host, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	host->log(host->context, TMON_LOG_INFO, text(line));
}

static int32_t define_metrics(struct powers *self)
{
	static const double bounds[] = {100, 1000};
	tmon_metric metric = {.size = sizeof(metric), .kind = TMON_METRIC_COUNTER, .name = text("events_total"),
			      .help = text("events")};
	int32_t status = self->host->metric_define(self->host->context, &metric, &self->counter);

	if (status != TMON_OK)
		return status;
	metric.kind = TMON_METRIC_HISTOGRAM;
	metric.name = text("packet_bytes");
	metric.help = text("bytes");
	metric.bounds = bounds;
	metric.bound_count = 2;
	return self->host->metric_define(self->host->context, &metric, &self->histogram);
}

static int32_t create(const tmon_host *host, tmon_str config, void **out)
{
	struct powers *self = calloc(1, sizeof(*self));
	int32_t fd, status;

	if (!self)
		return TMON_E_NOMEM;
	self->host = host;
	say(host, "create %.*s, %s", (int)config.size, config.data,
	    host->get_extension(host->context, text("tmon.none/1")) ? "an extension" : "no extension");
	status = define_metrics(self);
	if (status == TMON_OK)
		status = host->open(host->context, text("greeting"), TMON_OPEN_APPEND, &fd);
	if (status != TMON_OK) {
		free(self);
		return status;
	}
	if (write(fd, "hello\n", 6) != 6)
		status = TMON_E_IO;
	close(fd);
	*out = self;
	return status;
}

static int32_t emit(struct powers *self, const tmon_event *event, uint64_t utc_ns)
{
	tmon_measure threshold = {text("packets"), 1}, observed = {text("bytes"), event->packet_size};
	uint8_t victim[1][16];
	tmon_alert alert = {.size = sizeof(alert), .state = TMON_ALERT_OPEN, .alert_id = 7,
			    .rule = text("first_packet"), .message = text("the first packet of a batch"), .mitre = text("T1046"),
			    .severity = TMON_SEVERITY_MEDIUM, .ip_version = event->ip_version, .confidence = 0.5,
			    .victim_count = 1, .threshold_count = 1, .threshold = &threshold, .observed = &observed,
			    .observed_count = 1, .first_seen_ns = utc_ns, .last_seen_ns = utc_ns, .count = 1};

	memcpy(alert.source, event->src, 16);
	memcpy(victim[0], event->dst, 16);
	alert.victims = (const uint8_t(*)[16])victim;
	return self->host->emit_alert(self->host->context, &alert);
}

static int32_t on_batch(void *context, const tmon_batch *batch)
{
	struct powers *self = context;
	const tmon_host *host = self->host;
	const unsigned char *at = batch->events;
	const tmon_event *first = batch->events;
	tmon_block block = {.size = sizeof(block), .prefix_length = 128, .ttl_ns = 60000000000u,
			    .reason = text("first")};
	tmon_str interface, entry;
	int32_t emitted, blocked;

	if (first->packet_size == 0) {
		host->fail(host->context, TMON_E_IO, text("a packet without bytes"));
		return TMON_E_IO;
	}
	for (uint32_t i = 0; i < batch->count; i++, at += batch->event_stride) {
		const tmon_event *event = (const tmon_event *)at;

		self->events++;
		self->bytes += event->packet_size;
		host->metric_record(host->context, self->histogram, event->packet_size);
	}
	host->metric_record(host->context, self->counter, batch->count);
	memcpy(block.address, first->src, 16);
	emitted = emit(self, first, first->time_ns + (uint64_t)batch->clock_offset_ns);
	blocked = host->block(host->context, &block);
	interface = host->interface_name(host->context, first->ifindex);
	entry = host->entry_name(host->context, first->entry);
	say(host,
	    "batch ring %" PRIu32 " first %" PRIu64 " count %" PRIu32 " lost %" PRIu64
	    " at %.*s by '%.*s' emit %d block %d stop %" PRIu32,
	    batch->ring, batch->first_seq, batch->count, batch->lost_before, (int)interface.size, interface.data,
	    (int)entry.size, entry.data, emitted, blocked, host->stop_requested(host->context));
	return TMON_OK;
}

static int32_t flush(void *context)
{
	say(((struct powers *)context)->host, "flush");
	return TMON_OK;
}

static int32_t on_alert(void *context, const tmon_alert *alert)
{
	say(((struct powers *)context)->host,
	    "alert %" PRIu64 " from %.*s: %.*s, %" PRIu32 " victims, %" PRIu64 " figures", alert->alert_id, (int)alert->emitter.size, alert->emitter.data, (int)alert->rule.size, alert->rule.data,
	    alert->victim_count, alert->observed_count);
	return TMON_OK;
}

static int32_t on_tick(void *context, const tmon_tick *tick)
{
	say(((struct powers *)context)->host, "tick flags %" PRIu32 " now %" PRIu64 " seen %" PRIu64 " failed %" PRIu64,
	    tick->flags, tick->now_ns, tick->seen, tick->failed);
	return TMON_OK;
}

static int32_t on_end(void *context)
{
	struct powers *self = context;

	say(self->host, "end after %" PRIu64 " events, %" PRIu64 " bytes", self->events, self->bytes);
	return TMON_OK;
}

static int32_t save(void *context, tmon_state_write write_out, void *sink)
{
	struct powers *self = context;
	char state[64];
	int size = snprintf(state, sizeof(state), "%" PRIu64 " %" PRIu64, self->events, self->bytes);

	return write_out(sink, state, (uint64_t)size);
}

static int32_t restore(void *context, tmon_str state)
{
	struct powers *self = context;
	char copy[64] = "";

	if (state.size < sizeof(copy))
		memcpy(copy, state.data, state.size);
	if (sscanf(copy, "%" SCNu64 " %" SCNu64, &self->events, &self->bytes) != 2)
		return TMON_E_INVALID;
	say(self->host, "restore");
	return TMON_OK;
}

static int32_t reconfigure(void *context, tmon_str config)
{
	struct powers *self = context;

	if (config.size == 2) /* {} */
		return TMON_E_UNSUPPORTED;
	say(self->host, "reconfigure %.*s", (int)config.size, config.data);
	return TMON_OK;
}

static void destroy(void *context)
{
	say(((struct powers *)context)->host, "destroy");
	free(context);
}

static const void *get_extension(void *context, tmon_str id)
{
	static const tmon_ext_alerts alerts = {.size = sizeof(alerts), .on_alert = on_alert};
	static const tmon_ext_ticks ticks = {.size = sizeof(ticks), .on_tick = on_tick, .interval_ns = 500000000};
	static const tmon_ext_end end = {.size = sizeof(end), .on_end = on_end};
	static const tmon_ext_state state = {.size = sizeof(state), .save = save, .restore = restore};
	static const tmon_ext_reconfigure change = {.size = sizeof(change), .reconfigure = reconfigure};
	static const struct {
		const char *id;
		const void *table;
	} powers[] = {{TMON_EXT_ALERTS, &alerts}, {TMON_EXT_TICKS, &ticks}, {TMON_EXT_END, &end},
		      {TMON_EXT_STATE, &state}, {TMON_EXT_RECONFIGURE, &change}};

	(void)context;
	for (unsigned i = 0; i < sizeof(powers) / sizeof(powers[0]); i++)
		if (id.size == strlen(powers[i].id) && memcmp(id.data, powers[i].id, id.size) == 0)
			return powers[i].table;
	return NULL;
}

static const tmon_plugin_api api = {
	.size = sizeof(api),
	.create = create,
	.on_batch = on_batch,
	.flush = flush,
	.destroy = destroy,
	.get_extension = get_extension,
};

TMON_DEFINE_PLUGIN("powers", "1.0.0", api, TMON_WORDS(events, alerts, ticks, end, state, reconfigure),
		   TMON_JSON(, "permissions": ["block", "paths"],
			     "config": {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}}));
