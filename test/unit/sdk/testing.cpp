// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic_monitor/plugin.hpp"
#include "traffic_monitor/testing.hpp"

#include "test/support/plugin_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace tmon::testing;

BOOST_AUTO_TEST_SUITE(sdk_testing)

BOOST_AUTO_TEST_CASE(events_from_text) {
	const tmon_event four = tcp("192.0.2.1:40000", "10.0.0.1:22");
	BOOST_TEST(four.ip_version == 4);
	BOOST_TEST(four.protocol == 6);
	BOOST_TEST(tmon::address_text(four.src) == "192.0.2.1");
	BOOST_TEST(tmon::address_text(four.dst) == "10.0.0.1");
	BOOST_TEST(four.src_port == 40000);
	BOOST_TEST(four.dst_port == 22);
	const tmon_event six = udp("[2001:db8::1]:5", "[::1]:65535");
	BOOST_TEST(six.ip_version == 6);
	BOOST_TEST(six.protocol == 17);
	BOOST_TEST(tmon::address_text(six.src) == "2001:db8::1");
	BOOST_TEST(six.dst_port == 65535);
	for (const char* wrong : {"", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:5x", "10.0.0.300:5", "::1:5",
	                          "[::1]5", "[10.0.0.1:5", "2001:db8::1:5"})
		BOOST_CHECK_THROW(tcp(wrong, "10.0.0.1:1"), std::invalid_argument);
	BOOST_CHECK_THROW(tcp("[::1]:1", "10.0.0.1:1"), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(serial_services_outside_of_a_call_are_refused_and_noted) {
	Host host;
	const tmon_host& table = host.table();
	BOOST_TEST(table.interface_name(table.context, 2).size == 0u);
	{
		Host::Call call(host);
		BOOST_TEST(tmon::to_view(table.interface_name(table.context, 2)) == "eth0");
		int32_t fd = -1;
		std::thread([&] {
			BOOST_TEST(table.open(table.context, tmon::to_str("-"), TMON_OPEN_APPEND, &fd) ==
			           TMON_E_INTERNAL);
		}).join();
		BOOST_TEST(fd == -1);
	}
	BOOST_TEST(host.misused == (std::vector<std::string>{"interface_name", "open"}),
	           boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(metrics) {
	Host host;
	const tmon::Host services(host.table());
	const uint32_t packets = services.counter("packets", "packets");
	const uint32_t sizes = services.histogram("sizes", "bytes", {10, 100});
	BOOST_TEST(services.counter("packets", "packets") == packets);
	services.record(packets, 2);
	services.record(packets, 3);
	services.record(packets, -1);
	for (const double value : {1.0, 10.0, 50.0, 1000.0})
		services.record(sizes, value);
	services.record(99, 1);
	BOOST_TEST(host.metrics.at("packets").value == 5);
	BOOST_TEST(host.metrics.at("sizes").counts == (std::vector<uint64_t>{2, 1, 1}),
	           boost::test_tools::per_element());
	BOOST_CHECK_THROW(services.gauge("packets", ""), tmon::Error);
	BOOST_CHECK_THROW(services.gauge("Packets", ""), tmon::Error);
	BOOST_CHECK_THROW(services.histogram("falling", "", {2, 1}), tmon::Error);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_plugin_is_refused) {
	Host host;
	BOOST_CHECK_THROW(Plugin(host, "/nonexistent.so"), std::runtime_error);
	BOOST_CHECK_THROW(Plugin(host, "libc.so.6"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_plugin_is_asked_only_for_what_it_has) {
	Host host;
	tmon::test::ShippedPlugin plugin(host, "console", "{}");
	BOOST_TEST(plugin.created() == TMON_OK);
	BOOST_TEST(plugin.manifest().find("\"id\":\"console\"") != std::string_view::npos);
	BOOST_CHECK_THROW(plugin.reconfigure("{}"), std::logic_error);
	BOOST_CHECK_THROW(plugin.flush(), std::logic_error);
	BOOST_TEST(plugin.batch({tcp("192.0.2.1:1", "10.0.0.1:22")}) == TMON_OK);
	plugin.destroy();
	BOOST_CHECK_THROW(plugin.batch({tcp("192.0.2.1:1", "10.0.0.1:22")}), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
