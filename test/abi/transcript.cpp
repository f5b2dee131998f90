// SPDX-License-Identifier: MIT OR Apache-2.0
//
// transcript PLUGIN: takes one of the golden plugins through all it can do, with the host of testing.hpp, and
// prints what came of it. Built against different headers, it stands for hosts of different ABI minors.
#include <traffic_monitor/testing.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

using namespace tmon::testing;

namespace {

// What a later minor has added is not for the plugin to see: here it is noise.
template <class T>
T with_noise(std::size_t known) {
	T value{};
	if (sizeof value > known)
		std::memset(reinterpret_cast<char*>(&value) + known, 0xee, sizeof value - known);
	return value;
}

tmon_event event(const std::string& source, uint32_t bytes) {
	const tmon_event known = tcp(source, "10.0.0.1:22");
	auto result = with_noise<tmon_event>(64);
	std::memcpy(&result, &known, 64);
	result.packet_size = bytes;
	result.time_ns = 5;
	result.entry = 3;
	return result;
}

int32_t batch(Plugin& plugin, const std::vector<tmon_event>& events) {
	auto raw = with_noise<tmon_batch>(48);
	raw.size = sizeof raw;
	raw.ring = 2;
	raw.first_seq = 1000;
	raw.count = static_cast<uint32_t>(events.size());
	raw.event_stride = sizeof(tmon_event);
	raw.lost_before = 4;
	raw.clock_offset_ns = 1'000'000;
	raw.events = events.data();
	return plugin.batch(raw);
}

int32_t alert(Plugin& plugin) {
	const tmon_measure figures[] = {{tmon::to_str("a"), 1}, {tmon::to_str("b"), 2}};
	auto raw = with_noise<tmon_alert>(200);
	raw.size = sizeof raw;
	raw.alert_id = 9;
	raw.emitter = tmon::to_str("other");
	raw.rule = tmon::to_str("rule");
	raw.observed = figures;
	raw.observed_count = 2;
	return plugin.alert(raw);
}

int32_t tick(Plugin& plugin) {
	auto raw = with_noise<tmon_tick>(112);
	raw.size = sizeof raw;
	raw.flags = TMON_TICK_FINAL;
	raw.now_ns = 77;
	raw.seen = 10;
	raw.failed = 2;
	return plugin.tick(raw);
}

void show(const Host& host) {
	for (const auto& [level, text] : host.logs)
		std::printf("log %u %s\n", level, text.c_str());
	for (const auto& [status, text] : host.failures)
		std::printf("fail %d %s\n", status, text.c_str());
	for (const Alert& a : host.alerts)
		std::printf(
		    "alert %llu %s state %u severity %u confidence %.1f: %s (%s) %s, %zu victims, threshold %.0f, "
		    "observed %.0f, count %llu, from %llu\n",
		    static_cast<unsigned long long>(a.raw.alert_id), a.rule.c_str(), a.raw.state, a.raw.severity,
		    a.raw.confidence, a.message.c_str(), a.mitre.c_str(), a.source.c_str(), a.victims.size(),
		    a.threshold.at("packets"), a.observed.at("bytes"), static_cast<unsigned long long>(a.raw.count),
		    static_cast<unsigned long long>(a.raw.first_seen_ns));
	for (const Block& b : host.blocks)
		std::printf("block %s/%u for %llu s: %s\n", b.address.c_str(), b.prefix_length,
		            static_cast<unsigned long long>(b.ttl_ns / 1'000'000'000), b.reason.c_str());
	for (const auto& [name, metric] : host.metrics) {
		std::printf("metric %s (%s) %.0f:", name.c_str(), metric.help.c_str(), metric.value);
		for (const uint64_t count : metric.counts)
			std::printf(" %llu", static_cast<unsigned long long>(count));
		std::printf("\n");
	}
	for (const std::string& service : host.misused)
		std::printf("misused %s\n", service.c_str());
}

} // namespace

int main(int, char** argv) {
	const std::string greeting = "greeting." + std::to_string(::getpid());
	Host host;
	host.entries[3] = "office";
	host.redirected["greeting"] = greeting;
	Plugin plugin(host, argv[1], R"({"name":"x"})");
	const tmon_plugin_entry& entry = plugin.entry();
	std::printf("%s %s ABI %u, requires %u\n", entry.id, entry.version, entry.abi_major, entry.abi_minor_required);
	std::printf("create %d\n", plugin.created());
	std::printf("batch %d\n",
	            batch(plugin, {event("192.0.2.1:1", 60), event("192.0.2.9:1", 100), event("192.0.2.2:1", 5000)}));
	std::printf("bad batch %d\n", batch(plugin, {event("192.0.2.1:1", 0)}));
	std::printf("flush %d\n", plugin.flush());
	std::printf("alert %d\n", alert(plugin));
	std::printf("tick %d\n", tick(plugin));
	const auto* ticks = plugin.extension<tmon_ext_ticks>(TMON_EXT_TICKS);
	std::printf("interval %llu\n", static_cast<unsigned long long>(
	                                   TMON_HAS(ticks, tmon_ext_ticks, interval_ns) ? ticks->interval_ns : 0));
	std::printf("reconfigure %d\n", plugin.reconfigure(R"({"name":"y"})"));
	std::printf("to what it cannot be %d\n", plugin.reconfigure("{}"));
	std::string state;
	std::printf("save %d", plugin.save(state));
	std::printf(" %s\n", state.c_str());
	std::printf("bad restore %d\n", plugin.restore("nonsense"));
	Plugin next(host, argv[1], R"({"name":"z"})");
	std::printf("restore %d\n", next.restore(state));
	std::printf("end %d\n", next.end());
	plugin.destroy();
	next.destroy();
	show(host);
	std::ifstream file(greeting);
	std::printf("%s", std::string(std::istreambuf_iterator<char>(file), {}).c_str());
	std::filesystem::remove(greeting);
}
