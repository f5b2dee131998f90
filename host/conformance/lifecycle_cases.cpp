// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/cases.hpp"
#include "host/conformance/strange_alerts.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tmon {

namespace {

constexpr unsigned kRepeats = 100;
constexpr uint64_t kSmallestLeak = 16; // bytes for each instance: no allocation is smaller

// Statuses that create may refuse a configuration with.
bool is_refusal(int32_t status) { return status < 0; }

bool claims(const Exercise& exercise, std::string_view capability) {
	return std::find(exercise.capabilities.begin(), exercise.capabilities.end(), capability) != exercise.capabilities.end();
}

} // namespace

void case_create(Exercise& exercise) {
	exercise.reporter.step("the smallest sound configuration");
	const auto instance = exercise.sound();
	const std::pair<const char*, Capability> capabilities[] = {
	    {"events", Capability::events}, {"alerts", Capability::alerts}, {"ticks", Capability::ticks},
	    {"end", Capability::end},       {"state", Capability::state},   {"reconfigure", Capability::reconfigure}};
	for (const auto& [name, capability] : capabilities) {
		if (claims(exercise, name) != instance->has(capability))
			exercise.reporter.fail(std::string("its manifest ") + (claims(exercise, name) ? "says" : "does not say") +
			                       " that it has " + name + ", and it has " + (instance->has(capability) ? "it" : "not"));
	}
	exercise.reporter.step("an extension that nobody knows");
	if (instance->extension("tmon.unknown/1"))
		exercise.reporter.fail("get_extension gives a table for \"tmon.unknown/1\": it has to be NULL for what it does not know");
	exercise.reporter.step("flush with nothing to bring out");
	if (const int32_t status = instance->flush(); status < 0)
		exercise.reporter.fail("flush failed with nothing to bring out: " + status_name(status) + ": " + instance->failure());
	exercise.reporter.step("destroy");
	instance->destroy();
	exercise.reporter.step("everything that it can do, in a sensible order");
	exercise.use(*exercise.sound());
}

void case_configurations(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	for (const std::string& config : exercise.order.other_configs) {
		exercise.reporter.step("config " + config.substr(0, 300));
		const auto instance = exercise.bare(host);
		const int32_t status = instance->create(config);
		if (status == TMON_OK)
			exercise.use(*instance);
		else if (status == TMON_E_CONFIG || status == TMON_E_IO || status == TMON_E_DENIED)
			exercise.reporter.note("create refused what its schema takes: " + instance->failure());
		else if (is_refusal(status))
			exercise.reporter.fail("create failed with what its schema takes: " + status_name(status) + ": " + instance->failure());
	}
}

void case_broken_configuration(Exercise& exercise) {
	using namespace std::string_literals;
	std::vector<std::string> texts{"",
	                               "{",
	                               "nonsense",
	                               "[]",
	                               "null",
	                               "7",
	                               "\"text\"",
	                               "{\"a\":}",
	                               "{\"a\":1,\"a\":2}",
	                               "{}{}",
	                               "\0\0\0"s,
	                               "{\"\xff\xfe\":\"\xc3\"}",
	                               "{\"a\":1e999999}",
	                               "{\"a\":" + std::string(2000, '[') + std::string(2000, ']') + "}",
	                               "{\"" + std::string(100'000, 'k') + "\":1}"};
	const std::string& sound = exercise.order.config;
	for (int i = 0; i < 10 && sound.size() > 1; ++i)
		texts.push_back(sound.substr(0, 1 + exercise.random.below(sound.size() - 1)));
	texts.insert(texts.end(), exercise.order.wrong_configs.begin(), exercise.order.wrong_configs.end());
	WatchedHost& host = exercise.host();
	for (const std::string& text : texts) {
		exercise.reporter.step("config " + text.substr(0, 200));
		const auto instance = exercise.bare(host);
		if (instance->create(text) == TMON_OK)
			instance->flush();
	}
}

void case_repeat(Exercise& exercise) {
	exercise.reporter.step("one instance after the other");
	WatchedHost& host = exercise.host();
	host.remembers = false;
	const std::vector<tmon_event> events = make_events(exercise.random, EventKind::plausible, 256);
	const auto round = [&](unsigned count) {
		for (unsigned i = 0; i < count; ++i) {
			const auto instance = exercise.sound(host);
			instance->on_batch(events, 0);
			instance->on_tick(make_tick(events.back().time_ns));
			instance->flush();
		}
	};
	round(kRepeats / 5); // whatever is made once
	const unsigned descriptors = exercise.usage.descriptors(), threads = exercise.usage.threads();
	uint64_t least_heap = ~uint64_t{0}, least_mapped = ~uint64_t{0};
	// What grows each time is a leak; what grows once is a cache.
	for (int i = 0; i < 3; ++i) {
		const uint64_t heap = exercise.usage.heap_bytes(), mapped = exercise.usage.mapped_bytes();
		round(kRepeats);
		const uint64_t heap_now = exercise.usage.heap_bytes(), mapped_now = exercise.usage.mapped_bytes();
		least_heap = std::min(least_heap, heap_now > heap ? heap_now - heap : 0);
		least_mapped = std::min(least_mapped, mapped_now > mapped ? mapped_now - mapped : 0);
	}
	if (least_heap >= kSmallestLeak * kRepeats)
		exercise.reporter.fail("each instance leaves " + std::to_string(least_heap / kRepeats) + " bytes of memory behind");
	else if (least_mapped >= kRepeats * 4096)
		exercise.reporter.fail("each instance leaves " + std::to_string(least_mapped / kRepeats) + " bytes of address space behind");
	if (exercise.usage.descriptors() > descriptors)
		exercise.reporter.fail(std::to_string(3 * kRepeats) + " instances leave " +
		                       std::to_string(exercise.usage.descriptors() - descriptors) + " descriptors behind");
	if (exercise.usage.threads() > threads)
		exercise.reporter.fail(std::to_string(3 * kRepeats) + " instances leave " +
		                       std::to_string(exercise.usage.threads() - threads) + " threads behind");
}

void case_two_instances(Exercise& exercise) {
	exercise.reporter.step("two at once");
	const auto first = exercise.sound();
	const auto second = exercise.sound();
	const std::vector<tmon_event> events = make_events(exercise.random, EventKind::plausible, 200);
	for (uint64_t i = 0; i < 4; ++i) {
		first->on_batch(events, i * events.size());
		second->on_batch(events, i * events.size());
	}
	exercise.reporter.step("the first is destroyed, the second goes on");
	first->destroy();
	second->on_batch(events, 4 * events.size());
	exercise.use(*second);
}

void case_order(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.remembers = false;
	host.failures.strange = true; // times go back and forth
	for (int round = 0; round < 40; ++round) {
		const auto instance = exercise.sound(host);
		std::string calls = "create";
		bool ended = false;
		uint64_t sequence = 0;
		for (uint64_t left = exercise.random.below(12); left > 0; --left) {
			const uint64_t which = exercise.random.below(ended ? 4 : 6);
			constexpr const char* names[] = {" flush", " on_tick", " on_alert", " save", " on_batch", " on_end"};
			exercise.reporter.step(calls += names[which]);
			std::string state;
			switch (which) {
			case 0: instance->flush(); break;
			case 1: instance->on_tick(make_tick(1 + exercise.random.below(uint64_t{1} << 40))); break;
			case 2: instance->on_alert(StrangeAlert::plain().alert); break;
			case 3: instance->save(state); break;
			case 4: {
				const auto events = make_events(exercise.random, EventKind::plausible, 1 + exercise.random.below(100));
				instance->on_batch(events, sequence);
				sequence += events.size();
				break;
			}
			default:
				ended = true;
				instance->on_end();
			}
		}
		exercise.reporter.step(calls + " destroy");
	}
}

void case_after_destroy(Exercise& exercise) {
	const unsigned before = exercise.usage.threads();
	const auto instance = exercise.sound();
	exercise.use(*instance);
	exercise.reporter.step("destroy");
	instance->destroy();
	// The kernel may take a moment to be rid of a thread that has been joined.
	unsigned after = exercise.usage.threads();
	for (int i = 0; i < 50 && after > before; ++i) {
		std::this_thread::sleep_for(std::chrono::milliseconds(2));
		after = exercise.usage.threads();
	}
	if (after <= before)
		return;
	exercise.reporter.fail(std::to_string(after - before) +
	                       " threads of the plugin still run after destroy: they must have ended when it returns");
	// Whether they use what is gone.
	std::this_thread::sleep_for(std::chrono::milliseconds(500));
}

} // namespace tmon
