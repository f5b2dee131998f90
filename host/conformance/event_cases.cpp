// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/cases.hpp"
#include "host/conformance/strange_alerts.hpp"

namespace tmon {

namespace {

void must_take(Exercise& exercise, Instance& instance, int32_t status) {
	if (status < 0)
		exercise.reporter.fail("on_batch failed: " + status_name(status) + ": " + instance.failure());
}

} // namespace

void case_batch_sizes(Exercise& exercise) {
	const auto instance = exercise.sound();
	uint64_t sequence = 0;
	for (const std::size_t count : {1u, 2u, 7u, 63u, 64u, 65u, 1023u, 1024u, 1u}) {
		exercise.reporter.step("a batch of " + std::to_string(count) + " events");
		const auto events = make_events(exercise.random, EventKind::plausible, count);
		must_take(exercise, *instance, instance->on_batch(events, sequence));
		sequence += count;
	}
	exercise.reporter.step("flush");
	if (const int32_t status = instance->flush(); status < 0)
		exercise.reporter.fail("flush failed: " + status_name(status) + ": " + instance->failure());
}

void case_events(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.failures.strange = true;
	const auto instance = exercise.sound(host);
	uint64_t sequence = 0;
	for (int i = 0; i < 8; ++i) {
		const bool bytes = i >= 4;
		exercise.reporter.step(bytes ? "events of random bytes" : "every protocol, version, reason and flag");
		const auto events = make_events(exercise.random, bytes ? EventKind::random_bytes : EventKind::every_value, 512);
		instance->on_batch(events, sequence);
		instance->on_tick(make_tick(events.back().time_ns));
		sequence += events.size();
	}
	exercise.reporter.step("flush and end after strange events");
	instance->flush();
	instance->on_end();
	instance->flush();
}

void case_gaps(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.failures.strange = true;
	const auto instance = exercise.sound(host);
	struct Gap {
		const char* what;
		uint32_t ring;
		uint64_t first_seq, lost_before;
	};
	const Gap gaps[] = {{"begins in the middle", 0, 1'000'000, 0},
	                    {"7 lost", 0, 1'000'107, 7},
	                    {"another ring", 1, 0, 0},
	                    {"ring 4095", 4095, 5, 5},
	                    {"back to ring 0", 0, 1'000'207, 0},
	                    {"very many lost", 1, uint64_t{1} << 40, (uint64_t{1} << 40) - 100},
	                    {"numbers at their end", 2, ~uint64_t{0} - 200, ~uint64_t{0} - 200},
	                    {"a number a second time", 1, 50, 0}};
	for (const Gap& gap : gaps) {
		exercise.reporter.step(gap.what);
		auto events = make_events(exercise.random, EventKind::plausible, 100);
		if (exercise.random.one_in(2)) {
			for (tmon_event& event : events)
				event.time_ns = exercise.random.one_in(2) ? 0 : ~uint64_t{0} - event.time_ns;
		}
		instance->on_batch(events, gap.first_seq, gap.ring, gap.lost_before);
		instance->on_tick(make_tick(events.back().time_ns));
	}
	exercise.reporter.step("flush and end after gaps");
	instance->flush();
	instance->on_end();
}

// The same events in every shape: the plugin has to do the same.
void case_longer_structs(Exercise& exercise) {
	const auto deeds = [&](const StructShape& shape) {
		exercise.random = Random(exercise.order.seed);
		WatchedHost& host = exercise.host(shape.tail);
		const auto instance = exercise.sound(host);
		exercise.use(*instance, EventKind::plausible, shape);
		instance->destroy();
		return host.observed();
	};
	exercise.reporter.step("events of 64 bytes");
	const std::string expected = deeds({});
	const bool repeatable = deeds({}) == expected;
	for (const StructShape& shape : {StructShape{64, 64}, StructShape{72, 8}, StructShape{128, 256}, StructShape{1024, 4096}}) {
		exercise.reporter.step("events of " + std::to_string(shape.stride) + " bytes, structs longer by " + std::to_string(shape.tail));
		if (deeds(shape) == expected)
			continue;
		if (repeatable)
			exercise.reporter.fail("it does otherwise with the structs of a newer host: walk events by event_stride, and "
			                       "ask TMON_HAS for members, not for exact sizes");
		else
			exercise.reporter.note("it does otherwise each time, so that nobody can say whether longer structs matter to it");
	}
}

void case_names(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.failures.strange = true;
	const auto instance = exercise.sound(host);
	for (int i = 0; i < 24; ++i) {
		host.failures.interface_name = strange_text(exercise.random);
		exercise.reporter.step("interface name of " + std::to_string(host.failures.interface_name->size()) + " bytes");
		const auto events = make_events(exercise.random, EventKind::plausible, 20);
		must_take(exercise, *instance, instance->on_batch(events, 20u * static_cast<unsigned>(i)));
		instance->flush();
	}
}

} // namespace tmon
