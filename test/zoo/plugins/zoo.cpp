// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A plugin that misbehaves as its configuration says:
//     do      what: see acts.hpp
//     in      in which call: create, on_batch, flush, on_tick, on_alert, on_end, destroy, save, restore
//     always  not only once in its life
// In create, save, restore and where "always" is set, it does so at once; elsewhere once it has seen the poison: a packet
// from 198.51.100.66, port 57005. The last three bytes of its destination are the pid of a victim.
// Besides it counts, and keeps its count when it is replaced.
#include "acts.hpp"

#include <cstring>
#include <new>
#include <string>

namespace zoo {
namespace {

struct Zoo {
	Animal animal;
	std::string in;
	bool always = false, armed = false;
	uint64_t events = 0;

	int32_t maybe(const char* call, bool at_once = false) {
		if (in != call || !(armed || always || at_once))
			return TMON_OK;
		armed = false;
		return act(animal);
	}
};

Zoo& zoo(void* self) { return *static_cast<Zoo*>(self); }

bool is_poison(const tmon_event& event) {
	static const uint8_t source[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 66};
	return event.src_port == 57005 && std::memcmp(event.src, source, sizeof source) == 0;
}

int32_t create(const tmon_host* host, tmon_str config, void** self) {
	auto* made = new Zoo{{host, tmon::Config({config.data, config.size})}, {}};
	made->in = made->animal.config.text("in", "on_batch");
	made->always = made->animal.config.flag("always", false);
	*self = made;
	return made->maybe("create", true);
}

int32_t on_batch(void* self, const tmon_batch* batch) {
	Zoo& it = zoo(self);
	const auto* event = static_cast<const unsigned char*>(batch->events);
	for (uint32_t i = 0; i < batch->count; ++i, event += batch->event_stride) {
		tmon_event copy;
		std::memcpy(&copy, event, sizeof copy);
		if (!is_poison(copy))
			continue;
		it.armed = true;
		it.animal.victim = copy.dst[13] << 16 | copy.dst[14] << 8 | copy.dst[15];
	}
	if (const int32_t status = it.maybe("on_batch"); status != TMON_OK)
		return status;
	it.events += batch->count;
	return TMON_OK;
}

int32_t flush(void* self) { return zoo(self).maybe("flush"); }
int32_t on_tick(void* self, const tmon_tick*) { return zoo(self).maybe("on_tick"); }
int32_t on_alert(void* self, const tmon_alert*) { return zoo(self).maybe("on_alert"); }

int32_t on_end(void* self) {
	Zoo& it = zoo(self);
	it.animal.say("counted " + std::to_string(it.events));
	return it.maybe("on_end");
}

void destroy(void* self) {
	zoo(self).maybe("destroy");
	delete &zoo(self);
}

int32_t save(void* self, tmon_state_write write, void* sink) {
	Zoo& it = zoo(self);
	if (it.in == "save" && it.animal.config.text("do") == "huge_state")
		return save_too_much(it.animal, write, sink);
	if (const int32_t status = it.maybe("save", true); status != TMON_OK)
		return status;
	return write(sink, &it.events, sizeof it.events);
}

int32_t restore(void* self, tmon_str state) {
	Zoo& it = zoo(self);
	if (state.size == sizeof it.events)
		std::memcpy(&it.events, state.data, sizeof it.events);
	return it.maybe("restore", true);
}

const void* get_extension(void*, tmon_str id) {
	static const tmon_ext_alerts alerts = {sizeof alerts, 0, on_alert};
	static const tmon_ext_ticks ticks = {sizeof ticks, 0, on_tick, 0};
	static const tmon_ext_end end = {sizeof end, 0, on_end};
	static const tmon_ext_state state = {sizeof state, 0, save, restore};
	const std::string name(id.data, id.size);
	return name == TMON_EXT_ALERTS  ? static_cast<const void*>(&alerts)
	       : name == TMON_EXT_TICKS ? static_cast<const void*>(&ticks)
	       : name == TMON_EXT_END   ? static_cast<const void*>(&end)
	       : name == TMON_EXT_STATE ? static_cast<const void*>(&state)
	                                : nullptr;
}

const tmon_plugin_api api = {sizeof api, 0, create, on_batch, flush, destroy, get_extension};

} // namespace
} // namespace zoo

TMON_DEFINE_PLUGIN("zoo", "1", zoo::api, TMON_WORDS(events, alerts, ticks, end, state),
                   TMON_JSON(, "permissions": ["paths"]));
