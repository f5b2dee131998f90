// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/plugin_fixture.hpp"
#include "test/unit/plugins/reference.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <sys/resource.h>
#include <csignal>

using namespace tmon::test;

namespace {

constexpr int64_t offset = 1'700'000'000'000'000'000;
const std::string header = "timestamp,timestamp_iso,src_ip,dst_ip,src_port,dst_port,protocol,protocol_num,packet_size,"
                           "action,interface,flow_hash\n";

struct Kind {
	std::string id, extra; // plugin and further configuration
	std::string first; // what a new file begins with
};
const Kind csv{"logger-csv", "", header};
const Kind jsonl{"logger-json", R"(,"format":"jsonl")", ""};
const Kind array{"logger-json", R"(,"format":"json")", "[\n]\n"};

std::string config(const Kind& kind, const std::string& file) { return R"({"file":")" + file + '"' + kind.extra + "}"; }

std::vector<tmon_event> some_events(std::size_t count, uint64_t seed = 1) {
	reference::RandomEvents random(seed);
	std::vector<tmon_event> events;
	for (std::size_t i = 0; i < count; ++i) {
		events.push_back(random.next());
		events.back().ifindex = 2;
		events.back().time_ns = 1'000'000 * i;
	}
	return events;
}

// What these events are in the file, header and brackets aside.
std::vector<std::string> records(const Kind& kind, const std::vector<tmon_event>& events) {
	std::vector<std::string> lines;
	for (const tmon_event& event : events) {
		const uint64_t time = event.time_ns + static_cast<uint64_t>(offset);
		lines.push_back(kind.id == "logger-csv" ? reference::csv(event, time, "eth0")
		                                        : reference::json(event, time, "eth0"));
	}
	return lines;
}
std::string text_of(const Kind& kind, const std::vector<std::string>& records) {
	std::string text = &kind == &array ? "[" : kind.first;
	for (std::size_t i = 0; i < records.size(); ++i)
		text += &kind == &array ? (i == 0 ? "\n" : ",\n") + records[i] : records[i] + "\n";
	return &kind == &array ? text + "\n]\n" : text;
}

std::vector<tmon_event> joined(std::vector<tmon_event> a, const std::vector<tmon_event>& b) {
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

std::size_t lines_in(const std::string& text) {
	return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_loggers)

BOOST_AUTO_TEST_CASE(entries) {
	TemporaryDirectory dir;
	for (const Kind* kind : {&csv, &jsonl}) {
		tmon::testing::Host host;
		ShippedPlugin plugin(host, kind->id, config(*kind, dir / kind->id));
		BOOST_TEST(plugin.created() == TMON_OK);
		BOOST_TEST(plugin.entry().id == kind->id);
		BOOST_TEST(plugin.takes_events());
		BOOST_TEST(plugin.flushes());
		BOOST_TEST(plugin.extension<void>(TMON_EXT_ALERTS) == nullptr);
	}
}

BOOST_AUTO_TEST_CASE(every_event_is_in_the_file_after_a_flush) {
	for (const Kind* kind : {&csv, &jsonl, &array})
		for (const std::size_t count : {1u, 20u, 1024u, 5000u}) {
			TemporaryDirectory dir;
			tmon::testing::Host host;
			ShippedPlugin plugin(host, kind->id, config(*kind, dir / "log"));
			BOOST_REQUIRE(plugin.created() == TMON_OK);
			const auto events = some_events(count, count);
			BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
			BOOST_TEST(plugin.flush() == TMON_OK);
			BOOST_TEST((read_file(dir / "log") == text_of(*kind, records(*kind, events))));
			BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
			BOOST_TEST(plugin.flush() == TMON_OK);
			BOOST_TEST((read_file(dir / "log") == text_of(*kind, records(*kind, joined(events, events)))));
			BOOST_TEST(plugin.flush() == TMON_OK);
			BOOST_TEST(host.failures.empty());
		}
}

BOOST_AUTO_TEST_CASE(an_empty_run_leaves_what_a_file_begins_with) {
	for (const Kind* kind : {&csv, &jsonl, &array}) {
		TemporaryDirectory dir;
		tmon::testing::Host host;
		ShippedPlugin plugin(host, kind->id, config(*kind, dir / "log"));
		BOOST_TEST(plugin.flush() == TMON_OK);
		plugin.destroy();
		BOOST_TEST(read_file(dir / "log") == kind->first);
	}
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_in_the_same_file) {
	for (const Kind* kind : {&csv, &jsonl, &array}) {
		TemporaryDirectory dir;
		std::vector<tmon_event> all;
		for (uint64_t run = 0; run < 4; ++run) {
			tmon::testing::Host host;
			ShippedPlugin plugin(host, kind->id, config(*kind, dir / "log"));
			BOOST_REQUIRE(plugin.created() == TMON_OK);
			const auto events = some_events(run * 3, run); // none in the first run
			all = joined(all, events);
			BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
			BOOST_TEST(plugin.flush() == TMON_OK);
		}
		BOOST_TEST(read_file(dir / "log") == text_of(*kind, records(*kind, all)));
	}
}

BOOST_AUTO_TEST_CASE(lines_wait_for_the_buffer_or_the_flush) {
	TemporaryDirectory dir;
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", R"({"file":")" + (dir / "log") + R"(","buffer_size":1024})");
	plugin.batch(some_events(1), offset);
	BOOST_TEST(read_file(dir / "log") == "");
	plugin.batch(some_events(10), offset);
	BOOST_TEST(lines_in(read_file(dir / "log")) == 11u);
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_ended_first) {
	for (const Kind* kind : {&csv, &jsonl}) {
		TemporaryDirectory dir;
		write_file(dir / "log", kind->first + "torn,{\"");
		tmon::testing::Host host;
		ShippedPlugin plugin(host, kind->id, config(*kind, dir / "log"));
		BOOST_REQUIRE(plugin.created() == TMON_OK);
		const auto events = some_events(2);
		plugin.batch(events, offset);
		BOOST_TEST(plugin.flush() == TMON_OK);
		const auto lines = records(*kind, events);
		BOOST_TEST(read_file(dir / "log") == kind->first + "torn,{\"\n" + lines[0] + "\n" + lines[1] + "\n");
	}
}

BOOST_AUTO_TEST_CASE(a_csv_with_another_header_is_refused_and_left_alone) {
	const std::string no_end = header.substr(0, header.size() - 1);
	const std::pair<std::string, bool> cases[] = {
	    {"time,source\n1,2\n", false},
	    {no_end + ",more\n", false},
	    {"timestamp", false},
	    {"\n" + header, false},
	    {header, true},
	    {no_end, true},
	    {no_end + "\r\n", true},
	};
	for (const auto& [text, accepted] : cases) {
		TemporaryDirectory dir;
		write_file(dir / "old.csv", text);
		tmon::testing::Host host;
		ShippedPlugin plugin(host, "logger-csv", config(csv, dir / "old.csv"));
		BOOST_TEST(plugin.created() == (accepted ? TMON_OK : TMON_E_CONFIG), text);
		if (!accepted)
			BOOST_TEST(host.last_failure().find("old.csv begins with another header") != std::string::npos);
		BOOST_TEST(read_file(dir / "old.csv") == text);
	}
}

BOOST_AUTO_TEST_CASE(arrays_of_others_are_extended_if_they_are_arrays) {
	const auto events = some_events(1);
	const std::string record = records(array, events)[0];
	const std::pair<std::string, std::string> cases[] = {
	    {"[]", "[\n" + record + "\n]\n"},
	    {" [ ]  \n\n\n", " [\n" + record + "\n]\n"},
	    {"[" + std::string(3000, ' ') + "]", "[\n" + record + "\n]\n"},
	    {R"(["["])", "[\"[\",\n" + record + "\n]\n"},
	    {"[\n  {\"a\": [1, 2]}\n]", "[\n  {\"a\": [1, 2]},\n" + record + "\n]\n"},
	    {"[[]]", "[[],\n" + record + "\n]\n"},
	};
	for (const auto& [before, after] : cases) {
		TemporaryDirectory dir;
		write_file(dir / "log", before);
		tmon::testing::Host host;
		ShippedPlugin plugin(host, "logger-json", config(array, dir / "log"));
		BOOST_REQUIRE(plugin.created() == TMON_OK);
		BOOST_TEST(read_file(dir / "log") == before);
		plugin.batch(events, offset);
		BOOST_TEST(plugin.flush() == TMON_OK);
		BOOST_TEST(read_file(dir / "log") == after);
	}
}

BOOST_AUTO_TEST_CASE(what_is_no_array_is_refused_and_left_alone) {
	for (const std::string text : {"{}\n", "{\"a\":1}\n{\"a\":2}\n", "[\n{\"a\":1},\n]\n", "[1]\n[2]\n", "[1",
	                               "[1]x", "text", " ", "[\n{\"a\":1},\n{\"b\"", "\"[]\"", "[1,2] garbage [3]"}) {
		TemporaryDirectory dir;
		write_file(dir / "old.json", text);
		tmon::testing::Host host;
		ShippedPlugin plugin(host, "logger-json", config(array, dir / "old.json"));
		BOOST_TEST(plugin.created() == TMON_E_CONFIG, text);
		BOOST_TEST(host.last_failure().find("old.json exists and is not one JSON array") != std::string::npos);
		BOOST_TEST(read_file(dir / "old.json") == text);
	}
}

BOOST_AUTO_TEST_CASE(large_arrays_are_read_in_pieces) {
	TemporaryDirectory dir;
	std::string text = "[\n";
	for (int i = 0; i < 200'000; ++i)
		text += (i == 0 ? "" : ",\n") + std::string(R"({"number":)") + std::to_string(i) + "}";
	write_file(dir / "log", text + "\n]\n");
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", config(array, dir / "log"));
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	plugin.batch(some_events(1), offset);
	BOOST_TEST(plugin.flush() == TMON_OK);
	BOOST_TEST(boost::json::parse(read_file(dir / "log")).as_array().size() == 200'001u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_of_the_batch_or_of_the_flush) {
	{
		tmon::testing::Host host;
		ShippedPlugin plugin(host, "logger-csv", config(csv, "/dev/full"));
		BOOST_TEST(plugin.created() == TMON_E_IO); // the header
		BOOST_TEST(host.last_failure() == "cannot write /dev/full: No space left on device");
	}
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", config(jsonl, "/dev/full"));
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	BOOST_TEST(plugin.batch(some_events(3), offset) == TMON_OK);
	BOOST_TEST(plugin.flush() == TMON_E_IO);
	BOOST_TEST(plugin.flush() == TMON_OK); // nothing was taken since
	// The first batch is taken; its lines are lost with those of the second, which fills the buffer.
	BOOST_TEST(plugin.batch(some_events(3), offset) == TMON_OK);
	BOOST_TEST(plugin.batch(some_events(100), offset) == TMON_E_IO);
	BOOST_TEST(plugin.flush() == TMON_E_IO);
	BOOST_TEST(host.last_failure() == "lines taken since the last flush are lost");
	// Nothing but the failed batch: there is no more to tell.
	BOOST_TEST(plugin.batch(some_events(100), offset) == TMON_E_IO);
	BOOST_TEST(plugin.flush() == TMON_OK);
}

// RLIMIT_FSIZE cuts a write at a byte of our choice.
class SizeLimit {
public:
	explicit SizeLimit(rlim_t bytes) {
		std::signal(SIGXFSZ, SIG_IGN);
		::getrlimit(RLIMIT_FSIZE, &old_);
		const rlimit limit{bytes, old_.rlim_max};
		::setrlimit(RLIMIT_FSIZE, &limit);
	}
	~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &old_); }

private:
	rlimit old_{};
};

BOOST_AUTO_TEST_CASE(a_line_that_was_cut_swallows_no_other) {
	for (const Kind* kind : {&csv, &jsonl}) {
		TemporaryDirectory dir;
		tmon::testing::Host host;
		ShippedPlugin plugin(host, kind->id, config(*kind, dir / "log"));
		const auto events = some_events(3);
		const auto lines = records(*kind, events);
		{
			const SizeLimit limit(kind->first.size() + lines[0].size() + 1 + 10);
			BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
			BOOST_TEST(plugin.flush() == TMON_E_IO);
			BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
			BOOST_TEST(plugin.flush() == TMON_E_IO);
		}
		BOOST_TEST(plugin.batch(events, offset) == TMON_OK);
		BOOST_TEST(plugin.flush() == TMON_OK);
		BOOST_TEST(read_file(dir / "log") == kind->first + lines[0] + "\n" + lines[1].substr(0, 10) + "\n" +
		                                         lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n");
	}
}

BOOST_AUTO_TEST_CASE(an_array_stays_valid_when_a_write_is_cut) {
	TemporaryDirectory dir;
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", config(array, dir / "log"));
	const auto events = some_events(3);
	plugin.batch(events, offset);
	BOOST_TEST(plugin.flush() == TMON_OK);
	const std::string good = read_file(dir / "log");
	{
		const SizeLimit limit(good.size() + 100);
		plugin.batch(events, offset);
		BOOST_TEST(plugin.flush() == TMON_E_IO);
		BOOST_TEST(read_file(dir / "log") == good);
	}
	plugin.batch(events, offset);
	BOOST_TEST(plugin.flush() == TMON_OK);
	BOOST_TEST(read_file(dir / "log") == text_of(array, records(array, joined(events, events))));
}

BOOST_AUTO_TEST_CASE(standard_output) {
	TemporaryDirectory dir;
	for (const Kind* kind : {&csv, &jsonl}) {
		tmon::testing::Host host;
		host.standard_output = dir / kind->id;
		ShippedPlugin plugin(host, kind->id, config(*kind, "-"));
		const auto events = some_events(2);
		plugin.batch(events, offset);
		BOOST_TEST(plugin.flush() == TMON_OK);
		BOOST_TEST(read_file(dir / kind->id) == text_of(*kind, records(*kind, events)));
	}
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", config(array, "-"));
	BOOST_TEST(plugin.created() == TMON_E_CONFIG);
	BOOST_TEST(host.last_failure().find("jsonl") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened) {
	for (const Kind* kind : {&csv, &jsonl, &array}) {
		tmon::testing::Host host;
		ShippedPlugin missing(host, kind->id, config(*kind, "/nonexistent/log"));
		BOOST_TEST(missing.created() == TMON_E_IO);
		BOOST_TEST(host.last_failure() == "/nonexistent/log: No such file or directory");
		host.open_answer = TMON_E_DENIED;
		ShippedPlugin denied(host, kind->id, config(*kind, "/etc/log"));
		BOOST_TEST(denied.created() == TMON_E_DENIED);
		BOOST_TEST(host.failures.back().first == TMON_E_DENIED);
	}
}

BOOST_AUTO_TEST_CASE(an_array_needs_a_regular_file) {
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "logger-json", config(array, "/dev/null"));
	BOOST_TEST(plugin.created() == TMON_E_CONFIG);
	BOOST_TEST(host.last_failure().find("/dev/null is no regular file") == 0u);
}

BOOST_AUTO_TEST_CASE(a_configuration_that_the_schema_would_not_let_through) {
	tmon::testing::Host host;
	for (const char* id : {"logger-json", "logger-csv"}) {
		ShippedPlugin nowhere(host, id, "{}");
		BOOST_TEST(nowhere.created() == TMON_E_CONFIG);
		BOOST_TEST(host.last_failure() == R"("file" is missing)");
		ShippedPlugin text(host, id, R"({"file":"/nonexistent/log","buffer_size":"8K"})");
		BOOST_TEST(text.created() == TMON_E_CONFIG);
		BOOST_TEST(host.last_failure().find(R"("buffer_size" must be a whole number)") == 0u);
	}
	BOOST_TEST(host.opened.empty());
}

BOOST_AUTO_TEST_CASE(odd_interface_names_leave_the_files_readable) {
	TemporaryDirectory dir;
	tmon::testing::Host host;
	host.interfaces[2] = "a\",\n\xff";
	ShippedPlugin json(host, "logger-json", config(array, dir / "json")),
	    table(host, "logger-csv", config(csv, dir / "csv"));
	json.batch(some_events(1), offset);
	table.batch(some_events(1), offset);
	BOOST_TEST(json.flush() == TMON_OK);
	BOOST_TEST(table.flush() == TMON_OK);
	const auto value = boost::json::parse(read_file(dir / "json"));
	BOOST_TEST(value.at(0).at("interface").as_string() == "a\",\n\xef\xbf\xbd");
	BOOST_TEST(read_file(dir / "csv").find(",\"a\"\",\n\xef\xbf\xbd\",") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
