// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A plugin that does what its configuration says, for tests of the host. Numbers are statuses:
//     create: N        what create returns; text: given to fail before every status but 0 and 1
//     batch, flush, tick, alert, end: [N, ...]   one for each call in order, then 0; THROW throws
//     open: "PATH", mode: N    opened in create;  open_in_flush: opened in every flush
//     emit: N          alerts emitted at each tick
//     block: [ADDRESS as 32 hexadecimal digits, LENGTH, SECONDS], blocks: N    asked for so often at each tick
//     name: ID, interface: IFINDEX    of which each on_tick tells the name
//     trace: "PATH"    one line for each call
//     forge, forge_in_tick: [N, ...] writes messages of these types to the runner's socket, with file as body, or the content
//                      of the file forge_from
//     abort_at: N      ends the process in that call of on_batch
#include "traffic_monitor/plugin.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#ifndef TICK_INTERVAL_NS
#define TICK_INTERVAL_NS 0
#endif

namespace {

namespace json = boost::json;

constexpr int64_t kThrow = 99;

std::string content_of(const std::string& path) {
	std::string content(70'000, '\0');
	const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	content.resize(static_cast<std::size_t>(std::max<ssize_t>(read(file, content.data(), content.size()), 0)));
	close(file);
	return content;
}

struct Scripted {
	tmon::Host host;
	json::object config;
	int trace = -1;
	std::size_t batches = 0, flushes = 0, ticks = 0, alerts = 0, ends = 0;

	void say(const std::string& line) const {
		const std::string whole = line + "\n";
		if (trace >= 0)
			(void)!write(trace, whole.data(), whole.size());
	}

	int64_t number(const char* key) const {
		const json::value* value = config.if_contains(key);
		return value ? value->to_number<int64_t>() : 0;
	}
	std::string text(const char* key) const {
		const json::value* value = config.if_contains(key);
		return value ? std::string(value->as_string()) : std::string();
	}

	int32_t next(const char* key, std::size_t& calls) const {
		const std::size_t call = calls++;
		const json::value* script = config.if_contains(key);
		if (!script || call >= script->as_array().size())
			return TMON_OK;
		return status(script->as_array()[call].to_number<int64_t>());
	}
	int32_t status(int64_t value) const {
		if (value == kThrow)
			throw std::runtime_error("thrown by the script");
		if (value < 0 && config.contains("text"))
			host.fail(static_cast<int32_t>(value), text("text"));
		return static_cast<int32_t>(value);
	}
	// In a process of its own a plugin can find the socket.
	void forge(const char* when) const {
		const json::value* types = config.if_contains(when);
		for (std::size_t i = 0; types && i < types->as_array().size(); ++i) {
			const uint32_t header[2] = {types->as_array()[i].to_number<uint32_t>(), TMON_OPEN_APPEND};
			const std::string message =
			    std::string(reinterpret_cast<const char*>(header), 8) +
			    (config.contains("forge_from") ? content_of(text("forge_from")) : text("file"));
			(void)!write(3, message.data(), message.size());
		}
	}
	void block() const {
		const json::value* wanted = config.if_contains("block");
		if (wanted == nullptr)
			return;
		const json::array& parts = wanted->as_array();
		tmon_block block{};
		block.size = sizeof block;
		for (std::size_t i = 0; i < sizeof block.address; ++i)
			block.address[i] =
			    static_cast<uint8_t>(std::stoul(std::string(parts[0].as_string().subview(2 * i, 2)), nullptr, 16));
		block.prefix_length = parts[1].to_number<uint32_t>();
		block.ttl_ns = parts[2].to_number<uint64_t>() * 1'000'000'000;
		block.reason = tmon::to_str("two\nlines");
		int32_t status = TMON_OK;
		for (int64_t i = 0; i < std::max<int64_t>(number("blocks"), 1); ++i)
			status = host.block(block);
		say("block " + std::to_string(status));
	}
	void open(const char* key) const {
		if (!config.contains(key))
			return;
		int fd = -1;
		const int32_t result = host.open(text(key), static_cast<uint32_t>(number("mode")), fd);
		say("open " + std::to_string(result));
		if (result == TMON_OK) {
			(void)!write(fd, "opened\n", 7);
			close(fd);
		}
	}
};

Scripted& self_of(void* self) { return *static_cast<Scripted*>(self); }

// What a plugin in C++ does: no exception leaves it.
template <class Call> int32_t guarded(const Scripted& scripted, Call call) {
	return [&]() -> int32_t {
		int32_t status = TMON_OK;
		const int32_t thrown = tmon::detail::guarded(scripted.host, [&] { status = call(); });
		return thrown == TMON_OK ? status : thrown;
	}();
}

int32_t create(const tmon_host* host, tmon_str config, void** self) {
	auto scripted = std::make_unique<Scripted>(
	    Scripted{tmon::Host(*host), json::parse({config.data, static_cast<std::size_t>(config.size)}).as_object()});
	if (scripted->config.contains("trace"))
		scripted->trace = open(scripted->text("trace").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	fchmod(scripted->trace, 0666); // the next runner of it is another user
	if (const int64_t status = scripted->number("create"); status != 0)
		return scripted->status(status);
	scripted->open("open");
	scripted->forge("forge");
	scripted->say("create");
	scripted->host.info("made of " + std::string(scripted->host.interface_name(7)));
	*self = scripted.release();
	return TMON_OK;
}

#ifndef WITHOUT_EVENTS
int32_t on_batch(void* self, const tmon_batch* batch) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		timespec monotonic, utc;
		clock_gettime(CLOCK_MONOTONIC, &monotonic);
		clock_gettime(CLOCK_REALTIME, &utc);
		const int64_t offset = (utc.tv_sec - monotonic.tv_sec) * 1'000'000'000 + utc.tv_nsec - monotonic.tv_nsec;
		const bool sane = std::llabs(offset - batch->clock_offset_ns) < 1'000'000'000;
		char line[160];
		// The last event's time comes along, for tests that measure how long it took.
		const auto* last = reinterpret_cast<const tmon_event*>(static_cast<const char*>(batch->events) +
		                                                       std::size_t{batch->count - 1} * batch->event_stride);
		std::snprintf(line, sizeof line,
		              "batch ring %" PRIu32 " first %" PRIu64 " count %" PRIu32 " lost %" PRIu64
		              " stride %" PRIu32 " clock %s last %" PRIu64 " ",
		              batch->ring, batch->first_seq, batch->count, batch->lost_before, batch->event_stride,
		              sane ? "sane" : "off", last->time_ns);
		if (static_cast<int64_t>(scripted.batches) + 1 == scripted.number("abort_at"))
			_exit(7);
		const int32_t status = scripted.next("batch", scripted.batches);
		scripted.say(line + std::to_string(status));
		return status;
	});
}
#endif

#ifndef WITHOUT_FLUSH
int32_t flush(void* self) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		scripted.open("open_in_flush");
		const int32_t status = scripted.next("flush", scripted.flushes);
		scripted.say("flush " + std::to_string(status));
		return status;
	});
}
#endif

void destroy(void* self) {
	self_of(self).say("destroy");
	close(self_of(self).trace);
	delete &self_of(self);
}

int32_t on_alert(void* self, const tmon_alert* alert) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		using tmon::to_view;
		std::string line = "alert " + std::to_string(alert->alert_id) + " state " + std::to_string(alert->state) +
		                   " from " + std::string(to_view(alert->emitter)) + " rule " +
		                   std::string(to_view(alert->rule)) + " victims " + std::to_string(alert->victim_count);
		const int32_t status = scripted.next("alert", scripted.alerts);
		scripted.say(line + " " + std::to_string(status));
		return status;
	});
}

int32_t on_tick(void* self, const tmon_tick* tick) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		scripted.forge("forge_in_tick");
		uint64_t refused = 0;
		for (int64_t i = 0; i < scripted.number("emit"); ++i) {
			static const uint8_t victims[2][16] = {{1, 2, 3}, {15}};
			static const tmon_measure threshold[] = {{tmon::to_str("ports"), 10.5}};
			static const tmon_measure observed[] = {{tmon::to_str("ports"), 12}, {tmon::to_str("hosts"), -1}};
			tmon_alert alert{};
			alert.size = sizeof alert;
			alert.state = TMON_ALERT_UPDATE;
			alert.alert_id = static_cast<uint64_t>(i) + 1;
			alert.emitter = tmon::to_str("not me");
			alert.rule = tmon::to_str("scripted_rule");
			alert.message = tmon::to_str("one line \xe2\x82\xac");
			alert.mitre = tmon::to_str("T1046");
			alert.severity = TMON_SEVERITY_HIGH;
			alert.ip_version = 6;
			alert.confidence = 0.25;
			alert.source[15] = 9;
			alert.victims = victims;
			alert.victim_count = 2;
			alert.threshold = threshold;
			alert.threshold_count = 1;
			alert.observed = observed;
			alert.observed_count = 2;
			alert.first_seen_ns = 111;
			alert.last_seen_ns = 222;
			alert.count = 333;
			alert.suppressed = 44;
			alert.lagged_during = 55;
			const int32_t status = scripted.host.raw().emit_alert(scripted.host.raw().context, &alert);
			refused += status == TMON_RETRY;
		}
		scripted.block();
		if (scripted.config.contains("name"))
			scripted.say("entry " + std::string(scripted.host.entry_name(static_cast<uint32_t>(scripted.number("name")))));
		if (scripted.config.contains("interface"))
			scripted.say("interface " +
			             std::string(scripted.host.interface_name(static_cast<uint32_t>(scripted.number("interface")))));
		const int32_t status = scripted.next("tick", scripted.ticks);
		scripted.say("tick flags " + std::to_string(tick->flags) + " seen " + std::to_string(tick->seen) + " offered " +
		             std::to_string(tick->offered) + " refused " + std::to_string(refused) + " " +
		             std::to_string(status));
		return status;
	});
}

int32_t on_end(void* self) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		const int32_t status = scripted.next("end", scripted.ends);
		scripted.say("end " + std::to_string(status));
		return status;
	});
}

#ifdef WITH_RECONFIGURE
// Returns what the new configuration says under "reconfigure".
int32_t reconfigure(void* self, tmon_str config) {
	Scripted& scripted = self_of(self);
	return guarded(scripted, [&] {
		const json::value next = json::parse({config.data, static_cast<std::size_t>(config.size)});
		const auto status = next.as_object().at("reconfigure").to_number<int32_t>();
		scripted.say("reconfigure " + std::to_string(status));
		return status;
	});
}
#endif

const void* get_extension(void*, tmon_str id) {
	static const tmon_ext_alerts alerts{sizeof alerts, 0, on_alert};
	static const tmon_ext_ticks ticks{sizeof ticks, 0, on_tick, TICK_INTERVAL_NS};
	static const tmon_ext_end end{sizeof end, 0, on_end};
	const std::string_view name = tmon::to_view(id);
#ifdef WITH_RECONFIGURE
	static const tmon_ext_reconfigure takes_another{sizeof takes_another, 0, reconfigure};
	if (name == TMON_EXT_RECONFIGURE)
		return &takes_another;
#endif
	return name == TMON_EXT_ALERTS ? static_cast<const void*>(&alerts)
	       : name == TMON_EXT_TICKS ? static_cast<const void*>(&ticks)
	       : name == TMON_EXT_END   ? static_cast<const void*>(&end)
	                                : nullptr;
}

#ifdef WITHOUT_EVENTS
constexpr auto on_batch = nullptr;
#endif
#ifdef WITHOUT_FLUSH
constexpr auto flush = nullptr;
#endif
const tmon_plugin_api api{sizeof api, 0, create, on_batch, flush, destroy, get_extension};

} // namespace

#ifdef WITHOUT_EVENTS
#define CAPABILITIES TMON_WORDS(alerts, ticks, end)
#elif defined WITH_RECONFIGURE
#define CAPABILITIES TMON_WORDS(events, alerts, ticks, end, reconfigure)
#else
#define CAPABILITIES TMON_WORDS(events, alerts, ticks, end)
#endif
TMON_DEFINE_PLUGIN("scripted", "1.2.3", api, CAPABILITIES, "");
