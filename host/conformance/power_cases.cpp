// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Cases for what only some plugins have, and for services that fail.
#include "host/conformance/cases.hpp"
#include "host/conformance/strange_alerts.hpp"

namespace tmon {

namespace {

constexpr uint64_t kFlood = 5000;

} // namespace

void case_ticks(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.failures.strange = true;
	exercise.reporter.step("a final tick and nothing else");
	exercise.sound(host)->on_tick(make_tick(1, TMON_TICK_FINAL));
	const auto instance = exercise.sound(host);
	exercise.reporter.step("a tick as it comes every second");
	if (const int32_t status = instance->on_tick(make_tick(5'000'000'000)); status < 0)
		exercise.reporter.fail("on_tick failed: " + status_name(status) + ": " + instance->failure());
	for (const uint64_t now : {uint64_t{0}, ~uint64_t{0}, uint64_t{7}}) {
		exercise.reporter.step("a tick at " + std::to_string(now) + " ns");
		tmon_tick tick = make_tick(now);
		tick.interval_ns = now;
		instance->on_tick(tick);
		tick.seen = tick.permitted = tick.denied = tick.dropped = tick.reported = tick.offered = now;
		tick.delivered = tick.lagged = tick.failed = ~now;
		tick.clock_offset_ns = static_cast<int64_t>(now);
		instance->on_tick(tick);
	}
	exercise.reporter.step("ticks between events");
	for (uint64_t i = 0; i < 20; ++i) {
		const auto events = make_events(exercise.random, EventKind::plausible, 50);
		instance->on_batch(events, 50 * i);
		instance->on_tick(make_tick(events.back().time_ns, static_cast<uint32_t>(i < 19 ? 0xfffffffeu * (i % 2) : TMON_TICK_FINAL)));
	}
}

void case_end(Exercise& exercise) {
	exercise.reporter.step("the end without an event");
	const auto empty = exercise.sound();
	if (const int32_t status = empty->on_end(); status < 0)
		exercise.reporter.fail("on_end failed: " + status_name(status) + ": " + empty->failure());
	empty->flush();
	exercise.reporter.step("the end after events, an alert, a final tick");
	const auto instance = exercise.sound();
	instance->on_batch(make_events(exercise.random, EventKind::plausible, 500), 0);
	if (const int32_t status = instance->on_end(); status < 0)
		exercise.reporter.fail("on_end failed: " + status_name(status) + ": " + instance->failure());
	instance->flush();
	instance->on_alert(StrangeAlert::plain().alert);
	instance->on_tick(make_tick(6'000'000'000, TMON_TICK_FINAL));
	instance->flush();
}

void case_alerts(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	host.failures.strange = true;
	const auto instance = exercise.sound(host);
	exercise.reporter.step("a plain alert");
	if (const int32_t status = instance->on_alert(StrangeAlert::plain().alert); status < 0)
		exercise.reporter.fail("on_alert failed: " + status_name(status) + ": " + instance->failure());
	exercise.reporter.step("alerts of any content");
	for (int i = 0; i < 300; ++i)
		instance->on_alert(StrangeAlert::make(exercise.random).alert);
	exercise.reporter.step("a flood of alerts");
	StrangeAlert plain = StrangeAlert::plain();
	for (uint64_t i = 0; i < kFlood; ++i) {
		plain.alert.alert_id = i;
		instance->on_alert(plain.alert);
	}
	exercise.reporter.step("flush after alerts");
	instance->flush();
}

void case_state(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	const auto first = exercise.sound(host);
	exercise.reporter.step("save");
	first->on_batch(make_events(exercise.random, EventKind::plausible, 500), 0);
	std::string state, again;
	if (const int32_t status = first->save(state); status != TMON_OK) {
		exercise.reporter.fail("save failed: " + status_name(status) + ": " + first->failure());
		return;
	}
	exercise.reporter.step("events after save: the replacement has failed");
	first->on_batch(make_events(exercise.random, EventKind::plausible, 100), 500);
	exercise.reporter.step("restore of what was saved");
	const auto second = exercise.sound(host);
	if (const int32_t status = second->restore(state); status != TMON_OK)
		exercise.reporter.fail("restore refused what save had written: " + status_name(status) + ": " + second->failure());
	exercise.reporter.step("save once more");
	if (second->save(again) == TMON_OK && again.size() != state.size())
		exercise.reporter.note("what is saved right after a restore has " + std::to_string(again.size()) + " bytes, not " +
		                       std::to_string(state.size()));
	second->on_batch(make_events(exercise.random, EventKind::plausible, 100), 500);
	exercise.reporter.step("save where there is no room");
	std::string part;
	if (!state.empty() && second->save(part, state.size() / 2) == TMON_OK)
		exercise.reporter.fail("save returned TMON_OK although write had failed: half a state would be restored");
	for (int i = 0; i < 60; ++i) {
		std::string damaged = state;
		if (i < 20) {
			exercise.reporter.step("restore of a part of what was saved");
			damaged.resize(static_cast<std::size_t>(i == 0 ? 0 : exercise.random.below(state.size() + 1)));
		} else if (i < 40) {
			exercise.reporter.step("restore of what was saved, with some bytes changed");
			for (int k = 0; k < 8 && !damaged.empty(); ++k)
				damaged[static_cast<std::size_t>(exercise.random.below(damaged.size()))] = static_cast<char>(exercise.random.next());
		} else {
			exercise.reporter.step("restore of random bytes");
			damaged.resize(static_cast<std::size_t>(exercise.random.below(4096)));
			for (char& c : damaged)
				c = static_cast<char>(exercise.random.next());
		}
		const auto third = exercise.sound(host);
		if (third->restore(damaged) == TMON_OK)
			third->on_batch(make_events(exercise.random, EventKind::plausible, 50), 0);
	}
}

void case_reconfigure(Exercise& exercise) {
	WatchedHost& host = exercise.host();
	const auto instance = exercise.sound(host);
	const auto events = make_events(exercise.random, EventKind::plausible, 100);
	const auto goes_on = [&] {
		instance->flush();
		if (const int32_t status = instance->on_batch(events, 0); instance->takes_events() && status < 0)
			exercise.reporter.fail("on_batch failed after reconfigure: " + status_name(status) + ": " + instance->failure());
	};
	exercise.reporter.step("the configuration that it has");
	const int32_t same = instance->reconfigure(exercise.order.config);
	if (same != TMON_OK && same != TMON_E_UNSUPPORTED)
		exercise.reporter.fail("reconfigure refused the configuration that it has: " + status_name(same) + ": " + instance->failure());
	goes_on();
	for (const std::string& config : exercise.order.other_configs) {
		exercise.reporter.step("config " + config.substr(0, 300));
		instance->reconfigure(config);
		goes_on();
	}
	std::vector<std::string> wrong{"", "{", "[]", "nonsense", "{\"a\":}"};
	wrong.insert(wrong.end(), exercise.order.wrong_configs.begin(), exercise.order.wrong_configs.end());
	for (const std::string& config : wrong) {
		exercise.reporter.step("config " + config.substr(0, 300));
		instance->reconfigure(config);
		goes_on();
	}
}

void case_failing_services(Exercise& exercise) {
	struct Failing {
		const char* what;
		WatchedHost::Failures failures;
	};
	std::vector<Failing> all(9);
	all[0].what = "open fails with TMON_E_IO";
	all[0].failures.open = TMON_E_IO;
	all[1].what = "open fails with TMON_E_DENIED";
	all[1].failures.open = TMON_E_DENIED;
	all[2].what = "emit_alert returns TMON_RETRY";
	all[2].failures.emit_alert = TMON_RETRY;
	all[3].what = "emit_alert returns TMON_E_UNSUPPORTED";
	all[3].failures.emit_alert = TMON_E_UNSUPPORTED;
	all[4].what = "metric_define fails with TMON_E_NOMEM";
	all[4].failures.metric_define = TMON_E_NOMEM;
	all[5].what = "block returns TMON_RETRY";
	all[5].failures.block = TMON_RETRY;
	all[6].what = "block returns TMON_E_DENIED";
	all[6].failures.block = TMON_E_DENIED;
	all[7].what = "a service returns a status that nobody knows";
	all[7].failures.open = all[7].failures.emit_alert = all[7].failures.metric_define = all[7].failures.block = -4711;
	all[7].failures.unknown_status = true;
	all[8].what = "interfaces have no name";
	all[8].failures.interface_name = "";
	for (const Failing& failing : all) {
		exercise.reporter.step(failing.what);
		WatchedHost& host = exercise.host();
		host.failures = failing.failures;
		const auto instance = exercise.bare(host);
		if (instance->create(exercise.order.config) == TMON_OK)
			exercise.use(*instance);
	}
}

} // namespace tmon
