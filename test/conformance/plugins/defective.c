/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A plugin that has everything, and one defect: the one whose macro is defined, such as DEFECT_leaks_memory. Without any
 * it is sound. */
#include <traffic_monitor/plugin.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct defective {
	const tmon_host *host;
	uint64_t packets, bytes;
	uint32_t metric;
	int open_alerts, ended;
};

static tmon_str text(const char *data)
{
	tmon_str result = {data, strlen(data)};
	return result;
}

static int instances;

#ifdef DEFECT_constructor_crashes
__attribute__((constructor)) static void constructor(void) { abort(); }
#endif

static void *background(void *argument)
{
	const tmon_host *host = argument;
	(void)host;
#if defined DEFECT_thread_stays
	for (;;)
		pause();
#elif defined DEFECT_uses_host_after_destroy
	for (;;) {
		usleep(20000);
		host->log(host->context, TMON_LOG_INFO, text("still here"));
	}
#elif defined DEFECT_thread_uses_serial_service
	host->interface_name(host->context, 1);
#endif
	return NULL;
}

static int32_t create(const tmon_host *host, tmon_str config, void **self)
{
	struct defective *plugin;
	tmon_metric metric = {0};
	pthread_t thread;

#ifdef DEFECT_exits
	exit(3);
#endif
#ifdef DEFECT_config_ends_with_nul
	if (strlen(config.data) == 4711)
		return TMON_E_CONFIG;
#endif
#ifndef DEFECT_empty_config
	if (config.size == 0) {
		host->fail(host->context, TMON_E_CONFIG, text("there is no configuration"));
		return TMON_E_CONFIG;
	}
#endif
	if (config.data[0] != '{') {
		host->fail(host->context, TMON_E_CONFIG, text("the configuration is no object"));
		return TMON_E_CONFIG;
	}
#ifdef DEFECT_refuses_its_defaults
	host->fail(host->context, TMON_E_CONFIG, text("nothing is good enough"));
	return TMON_E_CONFIG;
#endif
#ifdef DEFECT_unknown_status
	return -99;
#endif
#ifdef DEFECT_one_instance_only
	if (instances > 0)
		abort();
#endif
	plugin = calloc(1, sizeof(*plugin));
	if (!plugin)
		return TMON_E_NOMEM;
	plugin->host = host;
	metric.size = sizeof(metric);
	metric.kind = TMON_METRIC_COUNTER;
	metric.name = text("packets_total");
	metric.help = text("packets");
	if (host->metric_define(host->context, &metric, &plugin->metric) != TMON_OK) {
#ifdef DEFECT_metric_must_work
		abort();
#endif
		plugin->metric = UINT32_MAX;
	}
#ifdef DEFECT_leaks_memory
	if (!malloc(100))
		return TMON_E_NOMEM;
#endif
#ifdef DEFECT_leaks_descriptors
	if (instances >= 0 && dup(1) < 0)
		return TMON_E_IO;
#endif
#if defined DEFECT_thread_stays || defined DEFECT_uses_host_after_destroy || defined DEFECT_thread_uses_serial_service
	if (pthread_create(&thread, NULL, background, (void *)host) != 0)
		return TMON_E_NOMEM;
#ifdef DEFECT_thread_uses_serial_service
	pthread_join(thread, NULL);
#endif
#else
	(void)background;
	(void)thread;
#endif
#ifdef DEFECT_prints
	if (write(1, "hello\n", 6) != 6)
		return TMON_E_IO;
#endif
	instances++;
	*self = plugin;
	return TMON_OK;
}

static int32_t on_batch(void *self, const tmon_batch *batch)
{
	struct defective *plugin = self;
	const unsigned char *at = batch->events;

#ifdef DEFECT_positive_status
	return 7;
#endif
#ifdef DEFECT_retries_forever
	return TMON_RETRY;
#endif
#ifdef DEFECT_blind_to_losses
	if (batch->lost_before > 1000)
		abort();
#endif
#ifdef DEFECT_reads_behind_the_batch
	plugin->bytes += at[(uint64_t)batch->count * batch->event_stride];
#endif
#ifdef DEFECT_writes_into_the_batch
	((tmon_event *)(uintptr_t)at)->entry = 1;
#endif
#ifdef DEFECT_exact_batch_size
	if (batch->size != sizeof(*batch))
		return TMON_E_INTERNAL;
#endif
	for (uint32_t i = 0; i < batch->count; i++) {
#ifdef DEFECT_walks_by_sizeof
		const tmon_event *event = (const tmon_event *)at + i;
#else
		const tmon_event *event = (const tmon_event *)(at + (uint64_t)i * batch->event_stride);
#endif
#ifdef DEFECT_hangs_on_unknown_reason
		while (event->reason >= TMON_REASON_COUNT)
			pause();
#endif
#ifdef DEFECT_stops_at_unknown_reason
		if (event->reason >= TMON_REASON_COUNT)
			abort();
#endif
#ifdef DEFECT_crashes_on_port_666
		if (event->dst_port == 666)
			*(volatile int *)0 = 1;
#endif
		plugin->packets++;
		plugin->bytes += event->packet_size;
		plugin->host->metric_record(plugin->host->context, plugin->metric, event->packet_size);
	}
#ifdef DEFECT_short_names
	if (plugin->host->interface_name(plugin->host->context, 1).size > 15)
		abort();
#endif
#ifdef DEFECT_bad_alert
	{
		tmon_alert alert = {0};
		alert.size = sizeof(alert);
		alert.rule = text("b\xff" "d");
		alert.severity = TMON_SEVERITY_LOW;
		alert.ip_version = 4;
		alert.confidence = 2;
		plugin->host->emit_alert(plugin->host->context, &alert);
	}
#endif
	return TMON_OK;
}

static int32_t flush(void *self)
{
	(void)self;
	return TMON_OK;
}

static void destroy(void *self)
{
	struct defective *plugin = self;
#ifdef DEFECT_must_be_ended
	if (!plugin->ended)
		abort();
#endif
	instances--;
	free(plugin);
}

static int32_t on_alert(void *self, const tmon_alert *alert)
{
	struct defective *plugin = self;
#ifdef DEFECT_takes_victims_for_granted
	plugin->bytes += alert->victims[0][0];
#endif
	plugin->open_alerts += alert->state == TMON_ALERT_OPEN;
	return TMON_OK;
}

static int32_t on_tick(void *self, const tmon_tick *tick)
{
	(void)self;
#ifdef DEFECT_time_goes_on
	static uint64_t last;
	if (tick->now_ns < last)
		abort();
	last = tick->now_ns;
#endif
	(void)tick;
	return TMON_OK;
}

static int32_t on_end(void *self)
{
	struct defective *plugin = self;
	plugin->ended = 1;
#ifdef DEFECT_end_needs_events
	if (plugin->packets == 0)
		return TMON_E_INTERNAL;
#endif
	return TMON_OK;
}

static int32_t save(void *self, tmon_state_write write_state, void *sink)
{
	struct defective *plugin = self;
	uint64_t numbers[3] = {2, plugin->packets, plugin->bytes};
	int32_t status = write_state(sink, numbers, sizeof(numbers));
#ifdef DEFECT_save_forgets_failures
	return TMON_OK;
#endif
	return status;
}

static int32_t restore(void *self, tmon_str state)
{
	struct defective *plugin = self;
	uint64_t numbers[3];
#ifdef DEFECT_restore_trusts
	memcpy(numbers, state.data, sizeof(numbers));
#else
	if (state.size != sizeof(numbers)) {
		plugin->host->fail(plugin->host->context, TMON_E_INVALID, text("not a state of mine"));
		return TMON_E_INVALID;
	}
	memcpy(numbers, state.data, sizeof(numbers));
#endif
	plugin->packets = numbers[1];
	plugin->bytes = numbers[2];
	return TMON_OK;
}

static int32_t reconfigure(void *self, tmon_str config)
{
	struct defective *plugin = self;
	(void)plugin;
#ifdef DEFECT_reconfigure_refuses
	plugin->host->fail(plugin->host->context, TMON_E_CONFIG, text("once is enough"));
	return TMON_E_CONFIG;
#endif
	return config.size && config.data[0] == '{' ? TMON_OK : TMON_E_CONFIG;
}

static const tmon_ext_alerts alerts = {sizeof(alerts), 0, on_alert};
static const tmon_ext_ticks ticks = {sizeof(ticks), 0, on_tick, 0};
static const tmon_ext_end end = {sizeof(end), 0, on_end};
static const tmon_ext_state state = {sizeof(state), 0, save, restore};
static const tmon_ext_reconfigure change = {sizeof(change), 0, reconfigure};

static const void *get_extension(void *self, tmon_str id)
{
	(void)self;
	const struct { const char *id; const void *table; } all[] = {
#ifndef DEFECT_capability_missing
		{TMON_EXT_ALERTS, &alerts},
#endif
		{TMON_EXT_TICKS, &ticks}, {TMON_EXT_END, &end}, {TMON_EXT_STATE, &state}, {TMON_EXT_RECONFIGURE, &change}};
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].id) == id.size && memcmp(all[i].id, id.data, id.size) == 0)
			return all[i].table;
#ifdef DEFECT_capability_missing
	(void)alerts;
#endif
#ifdef DEFECT_has_any_extension
	return &end;
#endif
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

#ifdef DEFECT_exports_more
__attribute__((visibility("default"))) int a_helper_of_mine(void);
int a_helper_of_mine(void) { return instances; }
#endif
#ifdef DEFECT_undefined_symbol
int nobody_has_this(void);
__attribute__((visibility("default"))) int calls_it(void);
int calls_it(void) { return nobody_has_this(); }
#endif

#define MORE TMON_JSON(, "description": "Has everything", "config": {"type": "object", "properties": {        \
	"level": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "how much"},          \
	"names": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": []}}})
#define ALL TMON_WORDS(events, alerts, ticks, end, state, reconfigure)

#ifdef DEFECT_entry_contradicts
static const char manifest[] TMON_IN_MANIFEST_SECTION = TMON_MANIFEST_HEAD("defective", "1.0.0") ALL MORE "}";
const tmon_plugin_entry tmon_plugin_entry_v1 = {TMON_PLUGIN_MAGIC, sizeof(tmon_plugin_entry), TMON_ABI_MAJOR, 0,
						TMON_ABI_MINOR, 0, "another", "1.0.0", manifest, &api};
#else
TMON_DEFINE_PLUGIN("defective", "1.0.0", api, ALL, MORE);
#endif
