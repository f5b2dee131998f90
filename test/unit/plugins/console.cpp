// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/console/source_table.hpp"

#include "test/support/plugin_fixture.hpp"
#include "test/unit/plugins/reference.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

using namespace tmon::test;
using tmon::console::SourceTable;

namespace {

constexpr int64_t offset = 1'700'000'000'000'000'000;

struct Output {
	TemporaryDirectory dir;
	tmon::testing::Host host;
	Output() { host.standard_output = dir / "out"; }
	std::string text() const { return read_file(dir / "out"); }
};

tmon_tick tick(uint32_t flags) {
	tmon_tick tick{};
	tick.size = sizeof tick;
	tick.flags = flags;
	tick.now_ns = 5'000'000'000;
	tick.clock_offset_ns = offset;
	tick.interval_ns = 60'000'000'000;
	tick.seen = 100;
	tick.permitted = 60;
	tick.denied = 35;
	tick.dropped = 30;
	tick.passed_unfiltered = 5;
	tick.reported = 35;
	tick.lagged = 7;
	tick.failed = 8;
	return tick;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_console)

BOOST_AUTO_TEST_CASE(a_line_for_each_event) {
	Output output;
	ShippedPlugin plugin(output.host, "console", "{}");
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	BOOST_TEST(plugin.entry().id == std::string("console"));
	BOOST_TEST(!plugin.flushes());
	reference::RandomEvents random(5);
	std::vector<tmon_event> events;
	std::string expected;
	for (int i = 0; i < 3000; ++i) {
		events.push_back(random.next());
		events.back().ifindex = static_cast<uint32_t>(1 + i % 3);
		expected += reference::console(events.back(), i % 3 == 0 ? "lo" : i % 3 == 1 ? "eth0" : "if3") + "\n";
	}
	BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
	BOOST_TEST((output.text() == expected));
}

BOOST_AUTO_TEST_CASE(names_cannot_control_the_terminal) {
	Output output;
	output.host.interfaces[2] = "\x1b[2Jx\n";
	ShippedPlugin plugin(output.host, "console", "{}");
	plugin.batch({tcp_event(0x01020304, 0x06070809, 5, 80)});
	BOOST_TEST(output.text() ==
	           "[LOG] Non-permitted traffic: 1.2.3.4:5 -> 6.7.8.9:80 (proto: TCP, size: 60 bytes, if: ?[2Jx?)\n");
}

BOOST_AUTO_TEST_CASE(the_summary_of_a_tick) {
	Output output;
	ShippedPlugin plugin(output.host, "console", R"({"lines":false})");
	std::vector<tmon_event> events;
	for (uint32_t source = 1; source <= 12; ++source)
		for (uint32_t i = 0; i < source; ++i) {
			events.push_back(tcp_event(0x0a000000 + source, 1, 1, 1));
			events.back().time_ns = i * uint64_t{1'500'000'000};
			events.back().protocol = i == 1 ? 17 : i == 2 ? 99 : 6;
		}
	tmon_event undecidable{};
	undecidable.packet_size = 10;
	events.push_back(undecidable);
	BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
	BOOST_TEST(output.text() == "");
	BOOST_TEST(plugin.tick(tick(0)) == TMON_OK);
	const std::string text = output.text();
	BOOST_TEST(text.find("=== Summary 2023-11-14T22:13:25.000Z ===\n") == 0u);
	BOOST_TEST(contains(text, "Run: seen 100, permitted 60, denied 35, dropped 30, passed unfiltered 5\n"));
	BOOST_TEST(contains(text, "Non-permitted traffic: 79 packets, 4690 bytes, 12 unique source addresses\n"));
	BOOST_TEST(contains(text, "Without a readable source: 1 packets\n"));
	BOOST_TEST(contains(text, "Losses: 7 lagged, 8 failed\n"));
	BOOST_TEST(contains(text, "Top 10 sources by packets:\n"));
	BOOST_TEST(contains(text, "  10.0.0.12                                         12             720       16.5 s "
	                          " TCP UDP Unknown\n"),
	           text);
	BOOST_TEST(contains(text, " 10.0.0.3 "));
	BOOST_TEST(!contains(text, " 10.0.0.2 "));
	BOOST_TEST((text.find(" 10.0.0.12 ") < text.find(" 10.0.0.11 ")));
	BOOST_TEST(!contains(text, "at least"));
	BOOST_TEST(plugin.tick(tick(TMON_TICK_FINAL)) == TMON_OK);
	BOOST_TEST(contains(output.text(), "=== Final summary "));
}

BOOST_AUTO_TEST_CASE(both_parts_can_be_turned_off) {
	Output output;
	ShippedPlugin plugin(output.host, "console", R"({"lines":false,"summary":false})");
	BOOST_TEST(plugin.batch({tcp_event(1, 2, 3, 4)}) == TMON_OK);
	BOOST_TEST(plugin.tick(tick(TMON_TICK_FINAL)) == TMON_OK);
	BOOST_TEST(output.text() == "");
	ShippedPlugin wrong(output.host, "console", R"({"summary":"no"})");
	BOOST_TEST(wrong.created() == TMON_E_CONFIG);
	BOOST_TEST(output.host.last_failure() == R"("summary" must be true or false, not "no")");
}

BOOST_AUTO_TEST_CASE(colour_only_on_a_terminal) {
	const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
	BOOST_REQUIRE((terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0));
	char slave[128];
	BOOST_REQUIRE(::ptsname_r(terminal, slave, sizeof slave) == 0);
	const int keep_open = ::open(slave, O_RDWR | O_NOCTTY);
	const auto first_line = [&] {
		tmon::testing::Host host;
		host.standard_output = slave;
		ShippedPlugin plugin(host, "console", "{}");
		BOOST_TEST(plugin.batch({tcp_event(1, 2, 3, 4)}) == TMON_OK);
		char text[512];
		const ssize_t size = ::read(terminal, text, sizeof text);
		return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
	};
	::unsetenv("NO_COLOR");
	BOOST_TEST(first_line().find("\x1b[33m[LOG]\x1b[0m Non-") == 0u);
	::setenv("NO_COLOR", "1", 1);
	BOOST_TEST(first_line().find("[LOG] Non-") == 0u);
	::unsetenv("NO_COLOR");
	::close(keep_open);
	::close(terminal);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_printed_has_failed) {
	tmon::testing::Host host;
	host.standard_output = "/dev/full";
	ShippedPlugin plugin(host, "console", "{}");
	BOOST_TEST(plugin.batch({tcp_event(1, 2, 3, 4)}) == TMON_E_IO);
	BOOST_TEST(host.last_failure() == "cannot write standard output: No space left on device");
	BOOST_TEST(plugin.tick(tick(0)) == TMON_E_IO);
}

BOOST_AUTO_TEST_CASE(a_flood_of_sources_keeps_the_table_and_its_heaviest) {
	SourceTable table(1, 64);
	const uint64_t capacity = 64 * SourceTable::ways;
	BOOST_TEST(table.capacity() == capacity);
	for (uint32_t i = 0; i < 100'000; ++i) {
		table.add(tcp_event(i + 1, 2, 3, 4), i);
		if (i % 10 == 0)
			table.add(tcp_event(0xc0000201, 2, 3, 4), i);
	}
	BOOST_TEST(table.size() == capacity);
	BOOST_TEST(table.size() + table.evicted() >= 100'001u);
	const auto top = table.top(3);
	BOOST_REQUIRE(top.size() == 3u);
	BOOST_TEST(top[0].packets >= 9'900u);
	BOOST_TEST(top[0].packets <= 10'000u);
	BOOST_TEST(unsigned{top[0].address[12]} == 0xc0u);
}

BOOST_AUTO_TEST_CASE(few_sources_are_counted_exactly) {
	SourceTable table(9);
	std::map<std::string, std::pair<uint64_t, uint64_t>> expected;
	reference::RandomEvents random(11);
	std::vector<tmon_event> pool;
	for (int i = 0; i < 2000; ++i)
		pool.push_back(random.next());
	std::mt19937 pick(4);
	for (int i = 0; i < 50'000; ++i) {
		const tmon_event& event = pool[pick() % pool.size()];
		if (event.ip_version == 0)
			continue;
		table.add(event, static_cast<uint64_t>(i));
		auto& [packets, bytes] = expected[std::to_string(event.ip_version) +
		                                  std::string(reinterpret_cast<const char*>(event.src), 16)];
		++packets;
		bytes += event.packet_size;
	}
	BOOST_TEST(table.size() == expected.size());
	BOOST_TEST(table.evicted() == 0u);
	const auto all = table.top(table.capacity());
	BOOST_TEST(all.size() == expected.size());
	for (const auto& source : all) {
		const auto& [packets, bytes] = expected[std::to_string(source.ip_version) +
		                                        std::string(reinterpret_cast<const char*>(source.address), 16)];
		BOOST_TEST(source.packets == packets);
		BOOST_TEST(source.bytes == bytes);
	}
}

BOOST_AUTO_TEST_SUITE_END()
