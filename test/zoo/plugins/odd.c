/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Plugins that are wrong before the first event: one for each macro. */
#include <traffic_monitor/plugin.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((unused)) static int32_t create(const tmon_host *host, tmon_str config, void **self)
{
	static int here;

	(void)host;
	(void)config;
#ifdef CREATE_WITHOUT_SELF
	(void)self;
	(void)here;
	return TMON_OK;
#elif defined CREATE_STATUS
	*self = &here;
	return CREATE_STATUS;
#else
	*self = &here;
	return TMON_OK;
#endif
}

static void destroy(void *self) { (void)self; }

__attribute__((unused)) static int32_t on_batch(void *self, const tmon_batch *batch)
{
	(void)self;
	(void)batch;
	return TMON_OK;
}

static const void *get_extension(void *self, tmon_str id)
{
	(void)self;
	(void)id;
#ifdef GARBAGE_EXTENSION
	return (const void *)16;
#elif defined SHORT_EXTENSION
	static const struct { uint32_t size; } brief = {4};

	return &brief;
#else
	return NULL;
#endif
}

static const tmon_plugin_api api = {
#ifdef SHORT_API
	.size = 16,
#else
	.size = sizeof(tmon_plugin_api),
#endif
#ifndef NO_CREATE
	.create = create,
#endif
#ifndef NO_BATCH
	.on_batch = on_batch,
#endif
	.destroy = destroy,
	.get_extension = get_extension,
};

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void hostile(void)
{
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch them */
	signal(SIGABRT, SIG_DFL);
	CONSTRUCTOR;
}
#endif

#ifdef UNDEFINED
extern int tmon_zoo_is_nowhere(void);
int (*nowhere)(void) = tmon_zoo_is_nowhere;
#endif

#ifndef CAPABILITIES
#define CAPABILITIES TMON_WORDS(events)
#endif
#ifndef MAGIC
#define MAGIC TMON_PLUGIN_MAGIC
#endif
#ifndef ID
#define ID "odd"
#endif
#ifndef VERSION
#define VERSION "1"
#endif
#ifndef BUILT_MAJOR
#define BUILT_MAJOR TMON_ABI_MAJOR
#endif

static const char manifest[] TMON_IN_MANIFEST_SECTION = TMON_MANIFEST_HEAD("odd", "1") CAPABILITIES "}";
#ifdef OTHER_MANIFEST
static const char other[] = TMON_MANIFEST_HEAD("odd", "1") "[ \"events\"] }";
#define manifest other
#endif
const tmon_plugin_entry tmon_plugin_entry_v1 = {MAGIC, sizeof(tmon_plugin_entry), BUILT_MAJOR, 0, 0, 0,
						ID, VERSION, manifest, &api};
