// SPDX-License-Identifier: MIT OR Apache-2.0
// port_watch_test PLUGIN: tests it without a host. Exit status 0: it does what it should.
#include <traffic_monitor/testing.hpp>

#include <cstdio>
#include <cstdlib>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			std::exit(1); \
		} \
	} while (false)

using namespace tmon::testing;

int main(int, char** argv) {
	Host host;
	Plugin plugin(host, argv[1], R"({"ports": 3})");
	CHECK(plugin.created() == TMON_OK);

	// Two ports, one of them twice, and one port of somebody else: nothing to report.
	const std::vector<tmon_event> events = {
	    tcp("192.0.2.1:40000", "10.0.0.1:22"), tcp("192.0.2.1:40001", "10.0.0.1:23"),
	    tcp("192.0.2.1:40002", "10.0.0.1:23"), tcp("[2001:db8::1]:40000", "[fd00::1]:24")};
	CHECK(plugin.batch(events) == TMON_OK);
	CHECK(host.alerts.empty());

	CHECK(plugin.batch({tcp("192.0.2.1:40003", "10.0.0.2:24")}) == TMON_OK);
	CHECK(host.alerts.size() == 1);
	CHECK(host.alerts[0].rule == "port_watch");
	CHECK(host.alerts[0].source == "192.0.2.1");

	// Reported once.
	CHECK(plugin.batch({tcp("192.0.2.1:40004", "10.0.0.2:25")}) == TMON_OK);
	CHECK(host.alerts.size() == 1);
	std::puts("port-watch: all as it should be");
}
