/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The plugin ABI, version 1.0 (release candidate).
 *
 * A plugin is a shared object that exports one data symbol, tmon_plugin_entry_v1, and carries a
 * manifest in its ELF section .tmon.manifest. The host reads the manifest before any code of the
 * plugin runs, checks the plugin's configuration against the schema in it, loads the object in a
 * sandbox, calls create, hands over batches of events, and calls destroy.
 *
 * Growth: every table and every struct that crosses the boundary begins with its size in bytes
 * (the entry: with a magic, then its size), set by whoever made it. Only the end ever grows: no
 * member moves, changes its meaning or goes away, and a new one begins at or behind the former sizeof,
 * never in its padding. Read a member that was added after the ABI minor you require through TMON_HAS, and
 * copy no more of a struct than its size says. Events have no size of their own: they are walked by
 * tmon_batch.event_stride. tmon_str and tmon_measure never grow. Members named reserved are 0.
 * Numbers (TMON_LOG_, TMON_ALERT_, TMON_REASON_, ...) may be joined by new ones: take those you do not know as
 * just that.
 *
 * Ownership: whatever is passed to a function is borrowed until that function returns. Each side
 * copies what it wants to keep; nobody frees memory of the other.
 *
 * Threads: [serial]      Calls into one plugin instance never overlap and come from one thread. A host
 *                        service so marked may be used only by that thread, within such a call;
 *                        used otherwise it fails with TMON_E_INTERNAL (or gives nothing) and the
 *                        host logs it.
 *          [any-thread]  A host service that every thread of the plugin may use, between the start
 *                        of create and the return of destroy; it never blocks. Used later, it does
 *                        nothing.
 *
 * Time: every call into a plugin must return within its deadline ("limits.deadline" in the
 * configuration, 2 s by default). A plugin in a process of its own that does not is killed.
 *
 * Strings are UTF-8, given by pointer and length, not NUL-terminated.
 * Addresses are 16 bytes in network byte order, IPv4 as ::ffff:a.b.c.d.
 * Integers are in host byte order.
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
#define TMON_MANIFEST_SECTION ".tmon.manifest"

/* Lowest ABI minor of a host that the plugin works with: a plain decimal number. Define it before including this
 * header when the plugin cannot do without something that a later minor added. */
#ifndef TMON_ABI_MINOR_REQUIRED
#define TMON_ABI_MINOR_REQUIRED 0
#endif

/* True when the struct that `ptr` points to is long enough to contain `member`. */
#ifdef __cplusplus
#define TMON_HAS(ptr, type, member) ((ptr)->size >= offsetof(type, member) + sizeof(type::member))
#else
#define TMON_HAS(ptr, type, member) ((ptr)->size >= offsetof(type, member) + sizeof(((const type *)0)->member))
#endif

/* Status codes: what every int32_t function below returns. A negative one that you do not know is an error like
 * TMON_E_INTERNAL. */
#define TMON_OK 0
#define TMON_RETRY 1            /* nothing was taken; try the same again later */
#define TMON_E_CONFIG (-1)      /* the configuration is wrong */
#define TMON_E_NOMEM (-2)       /* out of memory, or of another bounded resource */
#define TMON_E_IO (-3)          /* a file or a socket failed */
#define TMON_E_UNSUPPORTED (-4) /* the other side does not offer this */
#define TMON_E_INTERNAL (-5)    /* a defect in the plugin or the host */
#define TMON_E_FATAL (-6)       /* this instance cannot go on; it gets no more events */
#define TMON_E_DENIED (-7)      /* not granted by the configuration */
#define TMON_E_INVALID (-8)     /* an argument is not what the function takes */

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
	uint64_t lost_before;    /* events of this ring that this instance missed just before first_seq */
	int64_t clock_offset_ns; /* add to a monotonic time to get UTC: nanoseconds since 1970-01-01 */
	const void *events;      /* aligned to 8 bytes */
} tmon_batch;

/* --- Alerts ------------------------------------------------------------------------------- */

#define TMON_ALERT_OPEN 0u   /* the condition has just become true */
#define TMON_ALERT_UPDATE 1u /* it still is; counts have grown */
#define TMON_ALERT_CLOSED 2u /* it is over; counts are final */

#define TMON_SEVERITY_LOW 1u
#define TMON_SEVERITY_MEDIUM 2u
#define TMON_SEVERITY_HIGH 3u
#define TMON_SEVERITY_CRITICAL 4u

/* One figure of a rule, e.g. {"ports", 12}. Never grows. */
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
	uint32_t source_prefix;  /* leading bits of `source` that are meant, of 32 or of 128; 0: all of them */
	uint32_t reserved;       /* 0 */
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

/* tmon_metric.kind */
#define TMON_METRIC_COUNTER 0u   /* grows by what is recorded, which must not be negative */
#define TMON_METRIC_GAUGE 1u     /* is what was recorded last */
#define TMON_METRIC_HISTOGRAM 2u /* counts what is recorded, by bounds, and sums it up */

typedef struct tmon_metric {
	uint32_t size;
	uint32_t kind;        /* TMON_METRIC_ */
	tmon_str name;        /* lower-case letters, digits and '_', the first a letter; 1 to 64 bytes */
	tmon_str help;        /* one line for people, with the unit */
	const double *bounds; /* histogram: upper bounds, rising, finite; the last bucket is endless */
	uint32_t bound_count; /* 0 to 32; otherwise than for a histogram 0 */
	uint32_t reserved;    /* 0 */
} tmon_metric;

typedef struct tmon_block {
	uint32_t size;
	uint32_t prefix_length; /* leading bits of the 16 bytes: 128 for one address; IPv4: 96 + its length */
	uint8_t address[16];
	uint64_t ttl_ns;        /* how long from now; nanoseconds, at least one second */
	tmon_str reason;        /* one line for people */
} tmon_block;

typedef struct tmon_host_context tmon_host_context; /* opaque; pass tmon_host.context */

typedef struct tmon_host {
	uint32_t size;
	uint32_t abi_minor; /* the host's */
	tmon_host_context *context;

	/* Writes one line to the diagnostics of the host, with the plugin's name. `level`: TMON_LOG_. A
	 * plugin that logs faster than the host shows loses lines; the host says how many.
	 * [any-thread] */
	void (*log)(tmon_host_context *context, uint32_t level, tmon_str text);

	/* Says why the current call is about to return an error; works inside create too. The last
	 * text before the return is the one that is shown; an empty one leaves the text before it, such
	 * as the reason that open gave. [any-thread] */
	void (*fail)(tmon_host_context *context, int32_t status, tmon_str text);

	/* Emits an alert to every plugin that takes alerts.
	 * TMON_OK: on its way. TMON_RETRY: the queue to the host is full. TMON_E_UNSUPPORTED: longer than
	 * a message may be. TMON_E_INVALID: its size is too small. Whatever is not passed on was refused
	 * and is counted, also what the host gets faster than 200 a second (2048 at once) from one plugin.
	 * [any-thread] */
	int32_t (*emit_alert)(tmon_host_context *context, const tmon_alert *alert);

	/* Asks the host to have the filter drop what comes from a prefix, for a time. Bits of `address` behind the
	 * prefix do not matter; of the reason the first 256 bytes are kept; more than 366 days count as that.
	 * TMON_OK: asked; the host logs what became of it, but for what it gets faster than 50 a second (256 at
	 * once) from one plugin, which it refuses. TMON_E_DENIED: "grant" does not list "block".
	 * TMON_E_UNSUPPORTED: this host or this source cannot block. TMON_RETRY: the queue to the host is
	 * full. TMON_E_INVALID: bad prefix or time, or an IPv4 address with a length below 96. [any-thread] */
	int32_t (*block)(tmon_host_context *context, const tmon_block *block);

	/* Opens a file on behalf of the plugin and stores a descriptor that the plugin owns, close-on-exec.
	 * `mode`: TMON_OPEN_. Granted are the paths that the user has written into the plugin's configuration, where
	 * the schema says "format": "path" or under a key "file" or one that ends in "_file" (a default of the schema
	 * grants nothing); and "-" (TMON_OPEN_APPEND only), the standard output of the host, where such a path is "-",
	 * "grant" lists "stdout", or the plugin is one of the installed ones. Paths that "grant" lists a plugin opens
	 * itself, with open(2).
	 * TMON_E_DENIED: not granted. TMON_E_IO: refused by the system. TMON_E_INVALID: unknown mode.
	 * The reason was given to fail. Blocks for one round trip. [serial] */
	int32_t (*open)(tmon_host_context *context, tmon_str path, uint32_t mode, int32_t *fd);

	/* Defines a metric of this plugin and stores its id. Defining the same name again with the
	 * same kind and bounds gives the same id. Exposed as traffic_monitor_plugin_NAME with the label
	 * plugin="instance name". Values begin at 0 with each new instance.
	 * TMON_E_INVALID: bad name, kind or bounds, or defined otherwise before. TMON_E_NOMEM: more than
	 * 64 metrics, or too many bounds in all. [any-thread] */
	int32_t (*metric_define)(tmon_host_context *context, const tmon_metric *metric, uint32_t *id);

	/* Records a value of a metric. Cheap: no system call, no lock. What cannot be recorded (an unknown
	 * id, not a number, a negative amount for a counter) is ignored. [any-thread] */
	void (*metric_record)(tmon_host_context *context, uint32_t id, double value);

	/* Name of an interface as it was when it was first watched; empty when unknown. Borrowed until the
	 * current call into the plugin returns. [serial] */
	tmon_str (*interface_name)(tmon_host_context *context, uint32_t ifindex);

	/* Name given to a list entry in the configuration, or else its prefix ("203.0.113.0/24"); empty for 0 and
	 * what is unknown. Borrowed likewise. [serial] */
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

	/* Makes an instance. `config` is a JSON object that the host has checked against the schema in
	 * the manifest, with the defaults of the schema filled in ("{}" where the user gave none and there
	 * is no schema). `host` stays valid until destroy returns. When one version of a plugin
	 * takes over from another, events wait while the new one is created: be quick.
	 * On error the instance does not exist: *self is not read and destroy is not called. [serial] */
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

	/* Ends the instance. Threads that the plugin has started must have ended when it returns.
	 * [serial] */
	void (*destroy)(void *self);

	/* A table of optional powers by id (TMON_EXT_), NULL where absent; the manifest's capabilities name
	 * the same ones. Asked once for each, after create. May be NULL. [serial] */
	const void *(*get_extension)(void *self, tmon_str id);
} tmon_plugin_api;

/* The plugin takes alerts; capability "alerts". */
#define TMON_EXT_ALERTS "tmon.alerts/1"
typedef struct tmon_ext_alerts {
	uint32_t size;
	uint32_t reserved;
	/* Takes one alert; a negative status counts it as failed. [serial] */
	int32_t (*on_alert)(void *self, const tmon_alert *alert);
} tmon_ext_alerts;

/* The plugin wants to be called from time to time, and once at the end; capability "ticks". */
#define TMON_EXT_TICKS "tmon.ticks/1"
#define TMON_TICK_FINAL 1u /* tmon_tick.flags: the last one; no event and no alert follows */
typedef struct tmon_tick {
	uint32_t size;
	uint32_t flags;          /* TMON_TICK_ */
	uint64_t now_ns;         /* the clock of tmon_event.time_ns: live, CLOCK_MONOTONIC; nanoseconds */
	int64_t clock_offset_ns; /* as in tmon_batch */
	uint64_t interval_ns;    /* time since the last tick, or since the start */
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
	/* Wanted time between two ticks, nanoseconds, at least 100 ms; 0: the statistics interval of the
	 * configuration. */
	uint64_t interval_ns;
} tmon_ext_ticks;

/* The plugin wants to know when the last event has been handed over: the source has ended. It may
 * still emit alerts in this call. A flush follows. Capability "end". */
#define TMON_EXT_END "tmon.end/1"
typedef struct tmon_ext_end {
	uint32_t size;
	uint32_t reserved;
	int32_t (*on_end)(void *self); /* [serial] */
} tmon_ext_end;

/* The plugin's memory survives its replacement by another instance, of the same or another version;
 * capability "state". */
#define TMON_EXT_STATE "tmon.state/1"
/* Appends to the saved state. TMON_OK, or TMON_E_NOMEM when there would be more than 64 MiB. */
typedef int32_t (*tmon_state_write)(void *sink, const void *data, uint64_t size);
typedef struct tmon_ext_state {
	uint32_t size;
	uint32_t reserved;
	/* Writes the state out by any number of calls of `write`. No event follows, unless the
	 * replacement fails: then this instance goes on as if it had not been asked. [serial] */
	int32_t (*save)(void *self, tmon_state_write write, void *sink);
	/* Called once, after create and before the first event, with what an instance of the same
	 * plugin id saved. Check it: it may be of another version. A negative status calls the replacement off and the
	 * old instance goes on; a plugin that would rather start anew returns TMON_OK. [serial] */
	int32_t (*restore)(void *self, tmon_str state);
} tmon_ext_state;

/* The plugin can take another configuration without being replaced; capability "reconfigure". */
#define TMON_EXT_RECONFIGURE "tmon.reconfigure/1"
typedef struct tmon_ext_reconfigure {
	uint32_t size;
	uint32_t reserved;
	/* `config` as in create. TMON_OK: it holds from now on. TMON_E_UNSUPPORTED: not this change; the
	 * host replaces the instance instead. Otherwise negative: the configuration before goes on.
	 * [serial] */
	int32_t (*reconfigure)(void *self, tmon_str config);
} tmon_ext_reconfigure;

/* The first five members are frozen for ever. */
typedef struct tmon_plugin_entry {
	uint32_t magic; /* TMON_PLUGIN_MAGIC */
	uint32_t size;
	uint32_t abi_major;          /* TMON_ABI_MAJOR of the headers it was built with */
	uint32_t abi_minor_required; /* TMON_ABI_MINOR_REQUIRED */
	uint32_t abi_minor_built;    /* TMON_ABI_MINOR of the headers it was built with */
	uint32_t reserved;           /* 0 */
	const char *id;              /* NUL-terminated; as in the manifest */
	const char *version;         /* NUL-terminated; as in the manifest */
	const char *manifest;        /* NUL-terminated; what the section holds */
	const tmon_plugin_api *api;
} tmon_plugin_entry;

/* The symbol that a plugin defines, by TMON_DEFINE_PLUGIN, or in C++ by TMON_PLUGIN of plugin.hpp. */
extern __attribute__((visibility("default"))) const tmon_plugin_entry tmon_plugin_entry_v1;

/* --- The manifest -------------------------------------------------------------------------- */

/* Puts an array of char into the section, and keeps it there whatever the linker thinks of it. */
#if defined(__has_attribute)
#if __has_attribute(retain)
#define TMON_RETAIN_ , retain
#endif
#endif
#ifndef TMON_RETAIN_
#define TMON_RETAIN_
#endif
#define TMON_IN_MANIFEST_SECTION __attribute__((section(TMON_MANIFEST_SECTION), used TMON_RETAIN_))

#define TMON_TEXT_(x) #x
#define TMON_TEXT(x) TMON_TEXT_(x)

/* A JSON array of up to eight words: TMON_WORDS(events, ticks) is ["events","ticks"]. */
#define TMON_W_(w) "\"" #w "\""
#define TMON_W1_(a) TMON_W_(a)
#define TMON_W2_(a, b) TMON_W_(a) "," TMON_W1_(b)
#define TMON_W3_(a, b, c) TMON_W_(a) "," TMON_W2_(b, c)
#define TMON_W4_(a, b, c, d) TMON_W_(a) "," TMON_W3_(b, c, d)
#define TMON_W5_(a, b, c, d, e) TMON_W_(a) "," TMON_W4_(b, c, d, e)
#define TMON_W6_(a, b, c, d, e, f) TMON_W_(a) "," TMON_W5_(b, c, d, e, f)
#define TMON_W7_(a, b, c, d, e, f, g) TMON_W_(a) "," TMON_W6_(b, c, d, e, f, g)
#define TMON_W8_(a, b, c, d, e, f, g, h) TMON_W_(a) "," TMON_W7_(b, c, d, e, f, g, h)
#define TMON_PICK_(a, b, c, d, e, f, g, h, macro, ...) macro
#define TMON_WORDS(...) \
	"[" TMON_PICK_(__VA_ARGS__, TMON_W8_, TMON_W7_, TMON_W6_, TMON_W5_, TMON_W4_, TMON_W3_, TMON_W2_, TMON_W1_, 0) \
	(__VA_ARGS__) "]"

/* JSON as a string literal, with the quotes as they are: TMON_JSON({"type": "object"}). A comma may come first. */
#define TMON_JSON(...) #__VA_ARGS__

/* The members that every manifest begins with. */
#define TMON_MANIFEST_HEAD(id, version)                                                               \
	"{\"manifest\":1,\"id\":\"" id "\",\"version\":\"" version "\",\"abi\":{\"major\":" TMON_TEXT(  \
	    TMON_ABI_MAJOR) ",\"required\":" TMON_TEXT(TMON_ABI_MINOR_REQUIRED) ",\"built\":" TMON_TEXT( \
	    TMON_ABI_MINOR) "},\"capabilities\":"

/* Exports a plugin written in C.
 *     id, version   string literals; id: lower-case letters, digits and '-'
 *     api           a tmon_plugin_api with static storage
 *     capabilities  TMON_WORDS of what it has: events, alerts, ticks, end, state, reconfigure
 *     more          string literal with further members of the manifest, each preceded by a comma; may be ""
 *
 *     TMON_DEFINE_PLUGIN("large", "1.0.0", api, TMON_WORDS(events, ticks),
 *                        TMON_JSON(, "config": {"type": "object"}));
 */
#define TMON_DEFINE_PLUGIN(id, version, api, capabilities, more)                                       \
	static const char tmon_manifest_v1[] TMON_IN_MANIFEST_SECTION =                               \
	    TMON_MANIFEST_HEAD(id, version) capabilities more "}";                                     \
	const tmon_plugin_entry tmon_plugin_entry_v1 = {TMON_PLUGIN_MAGIC,                             \
	                                                sizeof(tmon_plugin_entry),                     \
	                                                TMON_ABI_MAJOR,                                \
	                                                TMON_ABI_MINOR_REQUIRED,                       \
	                                                TMON_ABI_MINOR,                                \
	                                                0,                                             \
	                                                id,                                            \
	                                                version,                                       \
	                                                tmon_manifest_v1,                              \
	                                                &api}

/* --- Layout -------------------------------------------------------------------------------- */

#if UINTPTR_MAX == UINT64_MAX
TMON_STATIC_ASSERT(offsetof(tmon_str, data) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_str, size) == 8, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_str) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, ring) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, first_seq) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, count) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, event_stride) == 20, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, lost_before) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, clock_offset_ns) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_batch, events) == 40, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_batch) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_measure, name) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_measure, value) == 16, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_measure) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, state) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, alert_id) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, emitter) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, rule) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, message) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, mitre) == 64, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, severity) == 80, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, ip_version) == 84, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, confidence) == 88, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, source) == 96, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, victims) == 112, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, victim_count) == 120, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, threshold_count) == 124, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, threshold) == 128, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, observed) == 136, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, observed_count) == 144, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, first_seen_ns) == 152, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, last_seen_ns) == 160, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, count) == 168, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, suppressed) == 176, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, lagged_during) == 184, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, source_prefix) == 192, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_alert, reserved) == 196, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_alert) == 200, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, kind) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, name) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, help) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, bounds) == 40, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, bound_count) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_metric, reserved) == 52, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_metric) == 56, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_block, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_block, prefix_length) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_block, address) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_block, ttl_ns) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_block, reason) == 32, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_block) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, abi_minor) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, context) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, log) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, fail) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, emit_alert) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, block) == 40, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, open) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, metric_define) == 56, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, metric_record) == 64, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, interface_name) == 72, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, entry_name) == 80, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, stop_requested) == 88, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_host, get_extension) == 96, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_host) == 104, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, create) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, on_batch) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, flush) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, destroy) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_api, get_extension) == 40, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_plugin_api) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_alerts, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_alerts, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_alerts, on_alert) == 8, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_ext_alerts) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, flags) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, now_ns) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, clock_offset_ns) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, interval_ns) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, seen) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, permitted) == 40, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, denied) == 48, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, dropped) == 56, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, passed_unfiltered) == 64, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, reported) == 72, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, offered) == 80, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, delivered) == 88, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, lagged) == 96, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_tick, failed) == 104, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_tick) == 112, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_ticks, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_ticks, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_ticks, on_tick) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_ticks, interval_ns) == 16, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_ext_ticks) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_end, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_end, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_end, on_end) == 8, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_ext_end) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_state, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_state, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_state, save) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_state, restore) == 16, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_ext_state) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_reconfigure, size) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_reconfigure, reserved) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_ext_reconfigure, reconfigure) == 8, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_ext_reconfigure) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, magic) == 0, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, size) == 4, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_major) == 8, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_minor_required) == 12, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, abi_minor_built) == 16, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, reserved) == 20, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, id) == 24, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, version) == 32, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, manifest) == 40, "layout");
TMON_STATIC_ASSERT(offsetof(tmon_plugin_entry, api) == 48, "layout");
TMON_STATIC_ASSERT(sizeof(tmon_plugin_entry) == 56, "layout");
#endif

#ifdef __cplusplus
}
#endif

#endif
