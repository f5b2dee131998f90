/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The plugin ABI.
 *
 * A plugin is a shared object that exports one data symbol, TMON_PLUGIN_ENTRY_SYMBOL, of type
 * tmon_plugin_entry. The host checks it, calls create, hands over batches of events, and calls
 * destroy.
 *
 * Growth: every table and every struct that crosses the boundary begins with its size in bytes
 * (the entry: with a magic, then its size). Only the end ever grows. Read a member that was added
 * after the ABI minor you require through TMON_HAS; events are walked by tmon_batch.event_stride.
 *
 * Ownership: whatever is passed to a function is borrowed until that function returns. Each side
 * copies what it wants to keep; nobody frees memory of the other.
 *
 * Threads: [serial]      calls into one plugin instance never overlap.
 *          [any-thread]  may be called from every thread of the plugin, between create and destroy,
 *                        and never blocks.
 *
 * Strings are UTF-8, given by pointer and length, not NUL-terminated.
 * Addresses are 16 bytes in network byte order, IPv4 as ::ffff:a.b.c.d.
 */
#ifndef TRAFFIC_MONITOR_PLUGIN_H
#define TRAFFIC_MONITOR_PLUGIN_H

#include "event.h"
#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TMON_PLUGIN_ENTRY_SYMBOL "tmon_plugin_entry_v1"
#define TMON_PLUGIN_MAGIC 0x4e4f4d54u /* "TMON" in memory on a little-endian machine */

/* True when the struct that `ptr` points to is long enough to contain `member`. */
#define TMON_HAS(ptr, type, member) \
	((ptr)->size >= offsetof(type, member) + sizeof(((const type *)0)->member))

/* Status codes: what every int32_t function below returns. */
#define TMON_OK 0
#define TMON_RETRY 1           /* nothing was taken; try the same again later */
#define TMON_E_CONFIG (-1)     /* the configuration is wrong */
#define TMON_E_NOMEM (-2)      /* out of memory */
#define TMON_E_IO (-3)         /* a file or a socket failed */
#define TMON_E_UNSUPPORTED (-4) /* the other side does not offer this */
#define TMON_E_INTERNAL (-5)   /* a defect in the plugin or the host */
#define TMON_E_FATAL (-6)      /* this instance cannot go on; it gets no more events */
#define TMON_E_DENIED (-7)     /* not granted by the configuration */

typedef struct tmon_str {
	const char *data; /* may be NULL when size is 0 */
	uint64_t size;    /* bytes */
} tmon_str;

/* A contiguous range of one ring. Order holds within a ring only: whoever needs a total order sorts
 * by time_ns. */
typedef struct tmon_batch {
	uint32_t size;
	uint32_t ring;           /* index of the ring (live: of the CPU that took the packets) */
	uint64_t first_seq;      /* sequence number of the first event, counted from 0 in each ring */
	uint32_t count;          /* events in this batch, at least 1 */
	uint32_t event_stride;   /* bytes from one event to the next, at least sizeof(tmon_event) as built */
	uint64_t lost_before;    /* events of this ring that this plugin missed just before first_seq */
	int64_t clock_offset_ns; /* add to a monotonic time to get UTC: nanoseconds since 1970-01-01 */
	const void *events;
} tmon_batch;

/* --- Alerts ------------------------------------------------------------------------------- */

#define TMON_ALERT_OPEN 0u   /* the condition has just become true */
#define TMON_ALERT_UPDATE 1u /* it still is; counts have grown */
#define TMON_ALERT_CLOSED 2u /* it is over; counts are final */

#define TMON_SEVERITY_LOW 1u
#define TMON_SEVERITY_MEDIUM 2u
#define TMON_SEVERITY_HIGH 3u
#define TMON_SEVERITY_CRITICAL 4u

/* One figure of a rule, e.g. {"ports", 12}. */
typedef struct tmon_measure {
	tmon_str name;
	double value;
} tmon_measure;

typedef struct tmon_alert {
	uint32_t size;
	uint32_t state;          /* TMON_ALERT_ */
	uint64_t alert_id;       /* the same for all states of one alert; unique within one run of the emitter */
	tmon_str emitter;        /* instance name of the emitting plugin; filled in by the host */
	tmon_str rule;           /* e.g. "port_scan" */
	tmon_str message;        /* one line for people */
	tmon_str mitre;          /* ATT&CK technique, e.g. "T1046"; may be empty */
	uint32_t severity;       /* TMON_SEVERITY_ */
	uint32_t ip_version;     /* of source and victims: 4 or 6 */
	double confidence;       /* 0 to 1 */
	uint8_t source[16];
	const uint8_t (*victims)[16];
	uint32_t victim_count;
	uint32_t threshold_count;
	const tmon_measure *threshold; /* what the rule was set to */
	const tmon_measure *observed;  /* what it saw */
	uint64_t observed_count;
	uint64_t first_seen_ns;  /* UTC, nanoseconds since 1970-01-01 */
	uint64_t last_seen_ns;   /* likewise */
	uint64_t count;          /* events that belong to this alert so far */
	uint64_t suppressed;     /* of these, how many did not lead to a message of their own */
	uint64_t lagged_during;  /* events the emitter missed since first_seen: it was blind for these */
} tmon_alert;

/* --- What the host offers ------------------------------------------------------------------ */

#define TMON_LOG_DEBUG 0u
#define TMON_LOG_INFO 1u
#define TMON_LOG_WARNING 2u
#define TMON_LOG_ERROR 3u

/* tmon_host.open */
#define TMON_OPEN_READ 0u
#define TMON_OPEN_APPEND 1u    /* write-only, created with mode 0640, every write goes to the end */
#define TMON_OPEN_READWRITE 2u /* created with mode 0640, positioned writes */

typedef struct tmon_host_context tmon_host_context; /* opaque; pass tmon_host.context */

typedef struct tmon_host {
	uint32_t size;
	uint32_t abi_minor; /* the host's */
	tmon_host_context *context;

	/* Writes one line to the diagnostics of the host, with the plugin's name. [any-thread] */
	void (*log)(tmon_host_context *context, uint32_t level, tmon_str text);

	/* Says why the current call is about to return an error; works inside create too. The last
	 * text before the return is the one that is shown; an empty one leaves the text before it, such
	 * as the reason that open gave. [any-thread] */
	void (*fail)(tmon_host_context *context, int32_t status, tmon_str text);

	/* Emits an alert to every plugin that takes alerts.
	 * TMON_OK: accepted. TMON_RETRY: the queue to the host is full, the alert was refused and
	 * counted. [any-thread] */
	int32_t (*emit_alert)(tmon_host_context *context, const tmon_alert *alert);

	/* Opens a file on behalf of the plugin and stores a descriptor that the plugin owns, close-on-exec.
	 * Granted are the paths that the plugin's own configuration names under a key "file" or one
	 * that ends in "_file", and "-" (TMON_OPEN_APPEND only): the standard output of the host.
	 * TMON_E_DENIED: not granted. TMON_E_IO: refused by the system, the reason was given to fail.
	 * Blocks for one round trip to the host; so it is [serial]. */
	int32_t (*open)(tmon_host_context *context, tmon_str path, uint32_t mode, int32_t *fd);

	/* Name of an interface as it was when monitoring began; empty when unknown. Borrowed until the
	 * current call into the plugin returns. [serial] */
	tmon_str (*interface_name)(tmon_host_context *context, uint32_t ifindex);

	/* Name given to a list entry in the configuration; empty when it has none. Borrowed likewise.
	 * [serial] */
	tmon_str (*entry_name)(tmon_host_context *context, uint32_t entry);

	/* Not 0 once the host wants the plugin to return soon. [any-thread] */
	uint32_t (*stop_requested)(tmon_host_context *context);

	/* A table of further services by id, NULL where the host does not know it. [any-thread] */
	const void *(*get_extension)(tmon_host_context *context, tmon_str id);
} tmon_host;

/* --- What a plugin offers ------------------------------------------------------------------ */

typedef struct tmon_plugin_api {
	uint32_t size;
	uint32_t reserved; /* 0 */

	/* Makes an instance. `config` is a JSON object, "{}" where the user gave none. `host` stays
	 * valid until destroy returns. On error the instance does not exist: *self is not read and
	 * destroy is not called. [serial] */
	int32_t (*create)(const tmon_host *host, tmon_str config, void **self);

	/* Takes one batch. TMON_OK: all of it was taken; it counts as delivered at once, or, where flush
	 * is given, when the next flush succeeds. TMON_RETRY: nothing was taken, the same batch comes
	 * again later. Negative: the whole batch counts as failed.
	 * NULL for a plugin that wants no events. [serial] */
	int32_t (*on_batch)(void *self, const tmon_batch *batch);

	/* Brings the effect of everything taken so far out (written to the file, sent). Negative: what
	 * was taken since the last flush counts as failed. Called when the rings are empty, at least
	 * every second while they are not, and before destroy. May be NULL. [serial] */
	int32_t (*flush)(void *self);

	/* Ends the instance. [serial] */
	void (*destroy)(void *self);

	/* A table of optional powers by id (TMON_EXT_), NULL where absent. Asked once, after create.
	 * May be NULL. [serial] */
	const void *(*get_extension)(void *self, tmon_str id);
} tmon_plugin_api;

/* The plugin takes alerts. */
#define TMON_EXT_ALERTS "tmon.alerts/1"
typedef struct tmon_ext_alerts {
	uint32_t size;
	uint32_t reserved;
	/* Takes one alert; a negative status counts it as failed. [serial] */
	int32_t (*on_alert)(void *self, const tmon_alert *alert);
} tmon_ext_alerts;

/* The plugin wants to be called at every statistics interval, and once at the end. */
#define TMON_EXT_TICKS "tmon.ticks/1"
#define TMON_TICK_FINAL 1u /* tmon_tick.flags: the last one; no event and no alert follows */
typedef struct tmon_tick {
	uint32_t size;
	uint32_t flags;          /* TMON_TICK_ */
	uint64_t now_ns;         /* the clock of tmon_event.time_ns: live, CLOCK_MONOTONIC; nanoseconds */
	int64_t clock_offset_ns; /* as in tmon_batch */
	uint64_t interval_ns;    /* time since the last tick */
	/* Totals of the run, in packets. seen = permitted + denied + passed_unfiltered; dropped is part
	 * of denied; reported counts events. */
	uint64_t seen, permitted, denied, dropped, passed_unfiltered, reported;
	/* Of this plugin, in events. offered = delivered + lagged + failed + pending. */
	uint64_t offered, delivered, lagged, failed;
} tmon_tick;
typedef struct tmon_ext_ticks {
	uint32_t size;
	uint32_t reserved;
	int32_t (*on_tick)(void *self, const tmon_tick *tick); /* [serial] */
} tmon_ext_ticks;

/* The plugin wants to know when the last event has been handed over: the source has ended. It may
 * still emit alerts in this call. A flush follows. */
#define TMON_EXT_END "tmon.end/1"
typedef struct tmon_ext_end {
	uint32_t size;
	uint32_t reserved;
	int32_t (*on_end)(void *self); /* [serial] */
} tmon_ext_end;

/* The first five members are frozen for ever. */
typedef struct tmon_plugin_entry {
	uint32_t magic; /* TMON_PLUGIN_MAGIC */
	uint32_t size;
	uint32_t abi_major;          /* TMON_ABI_MAJOR of the headers it was built with */
	uint32_t abi_minor_required; /* lowest host minor it works with; 0 unless its author says more */
	uint32_t abi_minor_built;    /* TMON_ABI_MINOR of the headers it was built with */
	uint32_t reserved;           /* 0 */
	const char *id;              /* NUL-terminated; lower-case letters, digits and '-' */
	const char *version;         /* NUL-terminated, the plugin's own */
	const tmon_plugin_api *api;
} tmon_plugin_entry;

TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, magic) == 0, "frozen");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, size) == 4, "frozen");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_major) == 8, "frozen");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_minor_required) == 12, "frozen");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_minor_built) == 16, "frozen");
TMON_STATIC_ASSERT(offsetof(tmon_batch, first_seq) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, count) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, lost_before) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, clock_offset_ns) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, events) == 40, "layout");

/* The symbol that a plugin defines; in C++ the macro TMON_PLUGIN of plugin.hpp does it. */
extern __attribute__((visibility("default"))) const tmon_plugin_entry tmon_plugin_entry_v1;

#ifdef __cplusplus
}
#endif

#endif
