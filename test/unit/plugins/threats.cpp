// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/threats/port_scan.hpp"

#include "test/support/plugin_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace tmon::test;
using tmon::threats::PortScan;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr int64_t offset = 1'700'000'000'000'000'000;
constexpr uint32_t scanner = 0xcb007107; // 203.0.113.7

struct Rule {
	std::vector<tmon::testing::Alert> alerts;
	bool refuse = false;
	PortScan rule;

	explicit Rule(const PortScan::Settings& settings)
	    : rule(settings, [this](const tmon_alert& alert) {
		      if (!refuse)
			      alerts.emplace_back(alert);
		      return !refuse;
	      }) {}
	Rule() : Rule(PortScan::Settings{}) {}

	void feed(const std::vector<tmon_event>& events, uint64_t lost_before = 0) {
		tmon_batch batch{};
		batch.size = sizeof batch;
		batch.count = static_cast<uint32_t>(events.size());
		batch.event_stride = sizeof(tmon_event);
		batch.lost_before = lost_before;
		batch.clock_offset_ns = offset;
		batch.events = events.data();
		rule.feed(tmon::Batch(batch));
	}
	std::vector<uint32_t> states() const {
		std::vector<uint32_t> result;
		for (const tmon::testing::Alert& alert : alerts)
			result.push_back(alert.raw.state);
		return result;
	}
};

tmon_event probe(uint64_t time_ns, uint16_t port, uint32_t source = scanner, uint32_t victim = 0x0a000001) {
	tmon_event event = tcp_event(source, victim, 40000, port);
	event.time_ns = time_ns;
	return event;
}

// `count` probes of ports from `first` on, one every `step`.
std::vector<tmon_event> probes(int count, uint64_t start, uint64_t step, uint16_t first = 1) {
	std::vector<tmon_event> events;
	for (int i = 0; i < count; ++i)
		events.push_back(probe(start + static_cast<uint64_t>(i) * step, static_cast<uint16_t>(first + i)));
	return events;
}

void set_source(tmon_event& event, uint64_t network, uint64_t host) {
	event.ip_version = 6;
	for (int i = 0; i < 8; ++i) {
		event.src[i] = static_cast<uint8_t>(network >> (56 - 8 * i));
		event.src[8 + i] = static_cast<uint8_t>(host >> (56 - 8 * i));
	}
}

const std::vector<uint32_t> none, opened{TMON_ALERT_OPEN}, open_and_closed{TMON_ALERT_OPEN, TMON_ALERT_CLOSED};

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<uint32_t>)

BOOST_AUTO_TEST_SUITE(plugins_threats)

BOOST_AUTO_TEST_CASE(the_threshold) {
	const struct {
		std::string what;
		std::vector<tmon_event> events;
		bool alert;
	} cases[] = {
	    {"9 ports", probes(9, second, 1000), false},
	    {"10 ports", probes(10, second, 1000), true},
	    {"10 ports, just within the window", probes(10, second, 60 * second / 9 - 1), true},
	    {"10 ports, the first exactly a window ago",
	     [] {
		     auto events = probes(9, 10 * second, 1000);
		     events.push_back(probe(70 * second, 100));
		     return events;
	     }(),
	     false},
	    {"a port that was tried again counts from then on",
	     [] {
		     auto events = probes(9, 10 * second, 0);
		     for (auto& event : probes(9, 50 * second, 0))
			     events.push_back(event);
		     events.push_back(probe(75 * second, 100));
		     return events;
	     }(),
	     true},
	    {"one port 100 times",
	     [] {
		     std::vector<tmon_event> events;
		     for (uint64_t i = 0; i < 100; ++i)
			     events.push_back(probe(i, 80));
		     return events;
	     }(),
	     false},
	    {"100 ports, one every 7 s", probes(100, second, 7 * second), false},
	    {"10 ports, one every 6.5 s", probes(10, second, 13 * second / 2), true},
	    {"ports 0 and 65535 are ports",
	     [] {
		     auto events = probes(8, second, 0);
		     events.push_back(probe(second, 0));
		     events.push_back(probe(second, 65535));
		     return events;
	     }(),
	     true},
	    {"not in order of time",
	     [] {
		     auto events = probes(10, second, second);
		     std::reverse(events.begin(), events.end());
		     return events;
	     }(),
	     true},
	};
	for (const auto& c : cases) {
		Rule rule;
		rule.feed(c.events);
		BOOST_TEST((rule.states() == (c.alert ? opened : none)),
		           c.what << ": " << rule.alerts.size() << " alerts");
	}
}

BOOST_AUTO_TEST_CASE(which_packets_count) {
	using Change = void (*)(tmon_event&);
	const struct {
		std::string what;
		Change change;
		bool alert;
	} cases[] = {
	    {"SYN", [](tmon_event&) {}, true},
	    {"no flags", [](tmon_event& e) { e.tcp_flags = 0; }, true},
	    {"FIN PSH URG", [](tmon_event& e) { e.tcp_flags = 0x29; }, true},
	    {"SYN ACK", [](tmon_event& e) { e.tcp_flags = 0x12; }, false},
	    {"ACK", [](tmon_event& e) { e.tcp_flags = 0x10; }, false},
	    {"RST ACK", [](tmon_event& e) { e.tcp_flags = 0x14; }, false},
	    {"UDP", [](tmon_event& e) { e.protocol = 17; }, true},
	    {"UDP answer of a service", [](tmon_event& e) { e.protocol = 17, e.src_port = 53, e.dst_port |= 0x8000; },
	     false},
	    {"UDP between services", [](tmon_event& e) { e.protocol = 17, e.src_port = 53; }, true},
	    {"SCTP", [](tmon_event& e) { e.protocol = 132; }, true},
	    {"ICMP", [](tmon_event& e) { e.protocol = 1; }, false},
	    {"ESP", [](tmon_event& e) { e.protocol = 50; }, false},
	    {"without ports", [](tmon_event& e) { e.flags = TMON_EVENT_FRAGMENT | TMON_EVENT_NO_PORTS; }, false},
	    {"first fragment", [](tmon_event& e) { e.flags = TMON_EVENT_FRAGMENT; }, true},
	    {"undecidable", [](tmon_event& e) { e.ip_version = 0; }, false},
	    {"IPv6", [](tmon_event& e) { set_source(e, 0x20010db8'00000001, 1); }, true},
	    {"each port from another host of a /64",
	     [](tmon_event& e) { set_source(e, 0x20010db8'00000001, 0x1234'5678'9abc'0000u + e.dst_port); }, true},
	    {"each port from another /64", [](tmon_event& e) { set_source(e, 0x20010db8'00000000u + e.dst_port, 1); },
	     false},
	    {"each port from another IPv4 address", [](tmon_event& e) { e.src[15] = static_cast<uint8_t>(e.dst_port); },
	     false},
	    {"each port of another victim", [](tmon_event& e) { e.dst[15] = static_cast<uint8_t>(e.dst_port); }, true},
	};
	for (const auto& c : cases) {
		Rule rule;
		auto events = probes(10, second, 1000);
		for (auto& event : events)
			c.change(event);
		rule.feed(events);
		BOOST_TEST((rule.states() == (c.alert ? opened : none)), c.what);
	}
}

BOOST_AUTO_TEST_CASE(what_an_alert_says) {
	Rule rule;
	auto events = probes(30, 5 * second, second / 10);
	for (std::size_t i = 0; i < events.size(); ++i)
		events[i].dst[15] = static_cast<uint8_t>(i / 2);
	rule.feed(events, 100);
	rule.feed({probe(9 * second, 1)}, 7);
	rule.rule.end();
	BOOST_REQUIRE((rule.states() == open_and_closed));
	const tmon::testing::Alert &open = rule.alerts[0], &closed = rule.alerts[1];
	for (const tmon::testing::Alert* alert : {&open, &closed}) {
		BOOST_TEST(alert->rule == "port_scan");
		BOOST_TEST(alert->mitre == "T1046");
		BOOST_TEST(alert->raw.size == sizeof(tmon_alert));
		BOOST_TEST(alert->raw.severity == TMON_SEVERITY_HIGH);
		BOOST_TEST(alert->raw.ip_version == 4u);
		BOOST_TEST(alert->raw.confidence == 0.9);
		BOOST_TEST(alert->raw.alert_id == 1u);
		BOOST_TEST(std::memcmp(alert->raw.source, events[0].src, 16) == 0);
		BOOST_TEST((alert->threshold == std::map<std::string, double>{{"ports", 10}, {"window_seconds", 60}}));
		BOOST_TEST(alert->raw.first_seen_ns == static_cast<uint64_t>(offset) + 5 * second);
	}
	BOOST_TEST(open.raw.count == 10u);
	BOOST_TEST(open.raw.suppressed == 9u);
	BOOST_TEST(open.observed.at("ports") == 10);
	BOOST_TEST(open.raw.last_seen_ns == static_cast<uint64_t>(offset) + 5 * second + 9 * second / 10);
	BOOST_TEST(open.victims.size() == 5u);
	BOOST_TEST(open.raw.lagged_during == 0u);
	BOOST_TEST(open.message == "10 packets to 10 ports in 0.9 s");
	BOOST_TEST(closed.raw.count == 31u);
	BOOST_TEST(closed.raw.suppressed == 30u);
	BOOST_TEST(closed.observed.at("ports") == 30);
	BOOST_TEST(closed.raw.last_seen_ns == static_cast<uint64_t>(offset) + 9 * second);
	BOOST_TEST(closed.victims.size() == 8u);
	BOOST_TEST(closed.raw.lagged_during == 7u);
}

BOOST_AUTO_TEST_CASE(an_alert_of_ipv6_names_the_network) {
	Rule rule;
	auto events = probes(10, second, 1000);
	for (auto& event : events)
		set_source(event, 0x20010db8'00000001, event.dst_port);
	rule.feed(events);
	BOOST_REQUIRE((rule.states() == opened));
	BOOST_TEST(rule.alerts[0].raw.ip_version == 6u);
	BOOST_TEST(std::memcmp(rule.alerts[0].raw.source, events[9].src, 16) == 0);
	BOOST_TEST(rule.alerts[0].message == "10 packets to 10 ports in 0.0 s, source network 2001:db8:0:1::/64");
}

BOOST_AUTO_TEST_CASE(a_long_scan_is_one_alert_with_an_update_each_window) {
	Rule rule;
	rule.feed(probes(1000, 0, second / 2)); // 500 s
	rule.rule.end();
	std::vector<uint32_t> expected(10, TMON_ALERT_UPDATE); // 4.5 s + 60 s * n, n = 1 to 8
	expected.resize(10);
	expected.front() = TMON_ALERT_OPEN;
	expected.back() = TMON_ALERT_CLOSED;
	BOOST_TEST((rule.states() == expected), rule.alerts.size() << " alerts");
	BOOST_TEST(rule.alerts[1].raw.first_seen_ns == rule.alerts[0].raw.first_seen_ns);
	BOOST_TEST(rule.alerts[1].raw.last_seen_ns - rule.alerts[0].raw.last_seen_ns == 60 * second);
	BOOST_TEST(rule.alerts[1].raw.suppressed == rule.alerts[1].raw.count - 2);
	BOOST_TEST(rule.alerts.back().raw.count == 1000u);
	BOOST_TEST(rule.alerts.back().raw.suppressed == 991u);
	BOOST_TEST(rule.alerts.back().observed.at("ports") == 1000);
	for (const tmon::testing::Alert& alert : rule.alerts)
		BOOST_TEST(alert.raw.alert_id == 1u);
}

BOOST_AUTO_TEST_CASE(quiet_for_a_window_is_the_end) {
	{ // as events of others tell
		Rule rule;
		rule.feed(probes(10, 0, 0));
		rule.feed({probe(60 * second - 1, 1, 1)});
		BOOST_TEST((rule.states() == opened));
		rule.feed({probe(60 * second, 1, 1)});
		BOOST_TEST((rule.states() == open_and_closed));
	}
	{ // as a tick tells
		Rule rule;
		rule.feed(probes(10, 0, 0));
		rule.rule.tick(60 * second - 1, offset);
		BOOST_TEST((rule.states() == opened));
		rule.rule.tick(60 * second, offset + 1'000'000);
		BOOST_TEST((rule.states() == open_and_closed));
	}
	{ // a tick of another clock says nothing
		Rule rule;
		rule.feed(probes(10, 0, 0));
		rule.rule.tick(UINT64_MAX, 0);
		BOOST_TEST((rule.states() == opened));
		rule.rule.end();
		BOOST_TEST((rule.states() == open_and_closed));
		rule.rule.end();
		BOOST_TEST(rule.alerts.size() == 2u);
	}
	{ // the same source again: another alert
		Rule rule;
		rule.feed(probes(12, 0, 0));
		rule.feed(probes(11, 100 * second, 0));
		rule.rule.end();
		BOOST_REQUIRE(rule.alerts.size() == 4u);
		BOOST_TEST(rule.alerts[1].raw.count == 12u);
		BOOST_TEST(rule.alerts[2].raw.alert_id == 2u);
		BOOST_TEST(rule.alerts[3].raw.count == 11u);
		BOOST_TEST(rule.alerts[3].raw.first_seen_ns == static_cast<uint64_t>(offset) + 100 * second);
	}
}

BOOST_AUTO_TEST_CASE(batch_borders_change_nothing) {
	std::mt19937 random(8);
	std::vector<tmon_event> events;
	uint64_t time = 0;
	for (int i = 0; i < 20'000; ++i)
		events.push_back(probe(time += random() % (second / 10), static_cast<uint16_t>(random() % 30),
		                       static_cast<uint32_t>(random() % 40)));
	PortScan::Settings settings;
	settings.ports = 4;
	settings.window_ns = 5 * second;
	Rule whole(settings), pieces(settings);
	whole.feed(events);
	for (std::size_t at = 0; at < events.size();) {
		const std::size_t size = std::min<std::size_t>(random() % 50 + 1, events.size() - at);
		pieces.feed({events.begin() + static_cast<std::ptrdiff_t>(at),
		             events.begin() + static_cast<std::ptrdiff_t>(at + size)});
		at += size;
	}
	BOOST_TEST(whole.alerts.size() > 100u);
	BOOST_REQUIRE(whole.alerts.size() == pieces.alerts.size());
	for (std::size_t i = 0; i < whole.alerts.size(); ++i) {
		BOOST_TEST(whole.alerts[i].raw.state == pieces.alerts[i].raw.state);
		BOOST_TEST(whole.alerts[i].raw.alert_id == pieces.alerts[i].raw.alert_id);
		BOOST_TEST(whole.alerts[i].raw.count == pieces.alerts[i].raw.count);
		BOOST_TEST(whole.alerts[i].message == pieces.alerts[i].message);
	}
}

BOOST_AUTO_TEST_CASE(agrees_with_a_naive_rule) {
	// When does a source first have `ports` distinct ports within the window?
	std::mt19937 random(12);
	for (int run = 0; run < 200; ++run) {
		PortScan::Settings settings;
		settings.ports = static_cast<uint32_t>(2 + random() % 12);
		settings.window_ns = 1000;
		std::vector<tmon_event> events;
		uint64_t time = 0;
		for (int i = 0; i < 300; ++i)
			events.push_back(probe(time += random() % 200, static_cast<uint16_t>(random() % 20)));
		std::size_t expected = SIZE_MAX;
		for (std::size_t i = 0; i < events.size() && expected == SIZE_MAX; ++i) {
			std::vector<uint16_t> distinct;
			for (std::size_t j = 0; j <= i; ++j)
				if (events[i].time_ns - events[j].time_ns < settings.window_ns)
					distinct.push_back(events[j].dst_port);
			std::sort(distinct.begin(), distinct.end());
			if (std::unique(distinct.begin(), distinct.end()) - distinct.begin() >=
			    static_cast<int>(settings.ports))
				expected = i;
		}
		Rule rule(settings);
		std::size_t found = SIZE_MAX;
		for (std::size_t i = 0; i < events.size() && found == SIZE_MAX; ++i) {
			rule.feed({events[i]});
			if (!rule.alerts.empty())
				found = i;
		}
		BOOST_TEST(found == expected);
	}
}

BOOST_AUTO_TEST_CASE(a_flood_of_forged_sources_takes_no_memory_and_hides_no_scanner) {
	Rule rule;
	const std::size_t memory = rule.rule.memory();
	BOOST_TEST(memory <= 8u << 20);
	BOOST_TEST(memory > 6u << 20);
	BOOST_TEST(rule.rule.capacity() >= 16'000u);
	std::mt19937 random(2);
	uint64_t time = 0;
	for (int i = 0; i < 500; ++i) {
		std::vector<tmon_event> events;
		for (int k = 0; k < 1000; ++k)
			events.push_back(
			    probe(time += 10'000, static_cast<uint16_t>(random()), static_cast<uint32_t>(random())));
		if (i >= 250 && i < 270) // the second port comes right away
			for (int k = 0; k < 2; ++k)
				events.push_back(probe(time += 10'000, static_cast<uint16_t>(2 * i + k)));
		rule.feed(events);
	}
	BOOST_TEST(rule.rule.memory() == memory);
	BOOST_TEST(rule.rule.evicted() > 400'000u);
	BOOST_REQUIRE(rule.alerts.size() == 1u);
	BOOST_TEST(std::memcmp(rule.alerts[0].raw.source, probe(0, 0).src, 16) == 0);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_for_every_threshold) {
	for (const uint32_t ports : {2u, 10u, 100u, 1024u}) {
		PortScan::Settings settings;
		settings.ports = ports;
		Rule rule(settings);
		BOOST_TEST(rule.rule.memory() <= 8u << 20);
		rule.feed(probes(static_cast<int>(ports) - 1, second, 1));
		BOOST_TEST(rule.alerts.empty());
		rule.feed({probe(2 * second, 60000)});
		BOOST_TEST(rule.alerts.size() == 1u);
	}
}

BOOST_AUTO_TEST_CASE(more_scanners_than_alerts) {
	Rule rule;
	for (uint32_t source = 0; source < 1000; ++source)
		for (uint16_t port = 0; port < 12; ++port)
			rule.feed({probe(second + source, port, source)});
	BOOST_TEST(rule.rule.closed_early() == 1000 - rule.rule.open_alerts());
	BOOST_TEST(rule.rule.closed_early() > 0u);
	rule.rule.end();
	BOOST_TEST(rule.alerts.size() == 2000u);
	std::map<uint64_t, std::vector<uint32_t>> states;
	for (const tmon::testing::Alert& alert : rule.alerts) {
		states[alert.raw.alert_id].push_back(alert.raw.state);
		if (alert.raw.state == TMON_ALERT_CLOSED)
			BOOST_TEST(alert.raw.count == 12u);
	}
	BOOST_TEST(states.size() == 1000u);
	for (const auto& [id, list] : states)
		BOOST_TEST((list == open_and_closed));
}

BOOST_AUTO_TEST_CASE(a_refused_alert_is_offered_again) {
	Rule rule;
	rule.refuse = true;
	rule.feed(probes(20, 0, 0));
	rule.rule.tick(second, offset);
	BOOST_TEST(rule.alerts.empty());
	rule.refuse = false;
	rule.rule.tick(2 * second, offset);
	BOOST_TEST((rule.states() == opened));
	BOOST_TEST(rule.alerts[0].raw.count == 20u);
	BOOST_TEST(rule.alerts[0].raw.suppressed == 19u);
	rule.refuse = true;
	rule.rule.tick(100 * second, offset);
	BOOST_TEST(rule.rule.open_alerts() == 1u);
	rule.refuse = false;
	rule.rule.tick(101 * second, offset);
	BOOST_TEST((rule.states() == open_and_closed));
	BOOST_TEST(rule.rule.open_alerts() == 0u);
}

BOOST_AUTO_TEST_CASE(the_plugin) {
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "threats", R"({"port_scan":{"ports":5,"window_seconds":2},"seed":1})");
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	BOOST_TEST(plugin.entry().id == std::string("threats"));
	BOOST_TEST(!plugin.flushes());
	BOOST_TEST(plugin.batch(probes(5, second, 1), offset) == TMON_OK);
	BOOST_REQUIRE(host.alerts.size() == 1u);
	BOOST_TEST((host.alerts[0].threshold == std::map<std::string, double>{{"ports", 5}, {"window_seconds", 2}}));
	tmon_tick tick{};
	tick.size = sizeof tick;
	tick.now_ns = 10 * second;
	tick.clock_offset_ns = offset;
	BOOST_TEST(plugin.tick(tick) == TMON_OK);
	BOOST_TEST(host.alerts.size() == 2u);
	BOOST_TEST(plugin.batch(probes(5, 20 * second, 1), offset) == TMON_OK);
	BOOST_TEST(plugin.end() == TMON_OK);
	BOOST_TEST(host.alerts.size() == 4u);
	BOOST_TEST(host.logs.empty());
	for (uint32_t i = 0; i < 200'000; ++i)
		plugin.batch({probe(20 * second, 1, i)}, offset);
	tick.flags = TMON_TICK_FINAL;
	BOOST_TEST(plugin.tick(tick) == TMON_OK);
	BOOST_REQUIRE(host.logs.size() == 1u);
	BOOST_TEST(host.logs[0].first == TMON_LOG_WARNING);
	BOOST_TEST(host.logs[0].second.find("sources were forgotten") != std::string::npos);
	BOOST_TEST(plugin.tick(tick) == TMON_OK);
	BOOST_TEST(host.logs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(its_configuration) {
	tmon::testing::Host host;
	ShippedPlugin off(host, "threats", R"({"port_scan":{"enabled":false}})");
	BOOST_TEST(off.batch(probes(50, second, 1), offset) == TMON_OK);
	BOOST_TEST(off.end() == TMON_OK);
	BOOST_TEST(host.alerts.empty());
	ShippedPlugin wrong(host, "threats", R"({"port_scan":{"ports":"many"}})");
	BOOST_TEST(wrong.created() == TMON_E_CONFIG);
	BOOST_TEST(host.last_failure() ==
	           R"("port_scan.ports" must be a whole number from 0 to 4294967295, not "many")");
}

BOOST_AUTO_TEST_SUITE_END()
