// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Metrics as plugins define and record them, and as the host reads them, also when a page is full of rubbish.
#include "host/runner/metrics_page.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <thread>

namespace {

using namespace tmon;

tmon_metric metric(uint32_t kind, const char* name, const double* bounds = nullptr, uint32_t count = 0) {
	return {sizeof(tmon_metric), kind, {name, std::strlen(name)}, {"help", 4}, bounds, count, 0};
}

struct Page {
	std::unique_ptr<MetricsPage> page = std::make_unique<MetricsPage>(); // zeroed, as a memfd is
	uint32_t id = 0;

	int32_t define(const tmon_metric& what) { return define_metric(*page, what, id); }
};

BOOST_FIXTURE_TEST_CASE(what_is_recorded_is_read, Page) {
	const double bounds[] = {1, 10};
	BOOST_REQUIRE(define(metric(TMON_METRIC_COUNTER, "seen_total")) == TMON_OK);
	record_metric(*page, id, 2);
	record_metric(*page, id, 0.5);
	record_metric(*page, id, -1); // a counter does not go back
	record_metric(*page, id, std::nan(""));
	BOOST_REQUIRE(define(metric(TMON_METRIC_GAUGE, "depth")) == TMON_OK);
	record_metric(*page, id, 7);
	record_metric(*page, id, -3);
	BOOST_REQUIRE(define(metric(TMON_METRIC_HISTOGRAM, "size", bounds, 2)) == TMON_OK);
	for (const double value : {0.5, 1.0, 1.5, 10.0, 11.0, 1e300})
		record_metric(*page, id, value);
	record_metric(*page, 99, 1); // unknown

	const std::vector<MetricValue> values = read_metrics(*page);
	BOOST_REQUIRE(values.size() == 3u);
	BOOST_TEST(values[0].name == "seen_total");
	BOOST_TEST(values[0].help == "help");
	BOOST_TEST(values[0].value == 2.5);
	BOOST_TEST(values[1].value == -3);
	BOOST_TEST(values[2].buckets == (std::vector<uint64_t>{2, 2, 2}), boost::test_tools::per_element());
	BOOST_TEST(values[2].bounds == (std::vector<double>{1, 10}), boost::test_tools::per_element());
	BOOST_TEST(values[2].value == 1e300);
}

BOOST_FIXTURE_TEST_CASE(the_same_metric_is_the_same_and_another_is_refused, Page) {
	const double bounds[] = {1, 10}, others[] = {1, 11};
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "size", bounds, 2)) == TMON_OK);
	const uint32_t first = id;
	BOOST_TEST(define(metric(TMON_METRIC_COUNTER, "other")) == TMON_OK);
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "size", bounds, 2)) == TMON_OK);
	BOOST_TEST(id == first);
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "size", others, 2)) == TMON_E_INVALID);
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "size", bounds, 1)) == TMON_E_INVALID);
	BOOST_TEST(define(metric(TMON_METRIC_COUNTER, "size")) == TMON_E_INVALID);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_metric_is_refused, Page) {
	const double falling[] = {2, 1}, equal[] = {1, 1}, endless[] = {1, std::numeric_limits<double>::infinity()};
	const std::string long_name(65, 'a'), longest(64, 'a');
	for (const char* name : {"", "Upper", "1st", "_x", "a-b", "a b", "\xc3\xa4", long_name.c_str()})
		BOOST_TEST(define(metric(TMON_METRIC_COUNTER, name)) == TMON_E_INVALID);
	BOOST_TEST(define(metric(TMON_METRIC_COUNTER, longest.c_str())) == TMON_OK);
	BOOST_TEST(define(metric(3, "kind")) == TMON_E_INVALID);
	BOOST_TEST(define(metric(TMON_METRIC_COUNTER, "bounded", falling, 1)) == TMON_E_INVALID);
	for (const double* bounds : {falling, equal, endless})
		BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "h", bounds, 2)) == TMON_E_INVALID);
	std::vector<double> many;
	for (int i = 0; i < 33; ++i)
		many.push_back(i);
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "h", many.data(), 33)) == TMON_E_INVALID);
	BOOST_TEST(define(metric(TMON_METRIC_HISTOGRAM, "h", many.data(), 32)) == TMON_OK);
	tmon_metric short_one = metric(TMON_METRIC_COUNTER, "short");
	short_one.size = 16;
	BOOST_TEST(define(short_one) == TMON_E_INVALID);
}

BOOST_FIXTURE_TEST_CASE(there_is_room_for_64, Page) {
	for (int i = 0; i < 64; ++i)
		BOOST_TEST(define(metric(TMON_METRIC_GAUGE, ("m" + std::to_string(i)).c_str())) == TMON_OK);
	BOOST_TEST(define(metric(TMON_METRIC_GAUGE, "m64")) == TMON_E_NOMEM);
	BOOST_TEST(define(metric(TMON_METRIC_GAUGE, "m63")) == TMON_OK);
	BOOST_TEST(read_metrics(*page).size() == 64u);
}

BOOST_FIXTURE_TEST_CASE(threads_lose_nothing, Page) {
	BOOST_REQUIRE(define(metric(TMON_METRIC_COUNTER, "c")) == TMON_OK);
	std::vector<std::thread> threads;
	for (int i = 0; i < 4; ++i) {
		threads.emplace_back([&] {
			for (int n = 0; n < 20'000; ++n)
				record_metric(*page, 0, 1);
		});
	}
	for (std::thread& thread : threads)
		thread.join();
	BOOST_TEST(read_metrics(*page)[0].value == 80'000);
}

BOOST_AUTO_TEST_CASE(a_page_of_rubbish_gives_well_formed_metrics_or_none) {
	std::mt19937_64 random(7);
	const auto page = std::make_unique<MetricsPage>();
	for (int round = 0; round < 200; ++round) {
		auto* words = reinterpret_cast<uint64_t*>(page.get());
		for (std::size_t i = 0; i < sizeof(MetricsPage) / 8; ++i)
			words[i] = random();
		for (MetricSlot& slot : page->slots) { // else hardly a name would be one
			slot.kind = static_cast<uint32_t>(random() % 4);
			slot.bound_count = static_cast<uint32_t>(random() % 3 ? random() % 3 : random());
			slot.name[0] = static_cast<char>('a' + random() % 26);
			slot.name[1] = random() % 2 ? '\0' : slot.name[1];
		}
		for (const MetricValue& value : read_metrics(*page)) {
			BOOST_REQUIRE(value.kind <= TMON_METRIC_HISTOGRAM);
			BOOST_REQUIRE(!value.name.empty());
			BOOST_REQUIRE(value.help.size() <= sizeof page->slots[0].help);
			BOOST_REQUIRE(value.bounds.size() <= kMaxBounds);
			BOOST_REQUIRE(value.buckets.size() == (value.kind == TMON_METRIC_HISTOGRAM ? value.bounds.size() + 1 : 0));
		}
		record_metric(*page, static_cast<uint32_t>(random() % 80), 1); // stays within the page
	}
}

BOOST_AUTO_TEST_CASE(counters_go_on_after_a_restart_and_gauges_do_not) {
	std::vector<MetricValue> now = {{TMON_METRIC_COUNTER, "c", "", 5, {}, {}},
	                                {TMON_METRIC_GAUGE, "g", "", 5, {}, {}},
	                                {TMON_METRIC_HISTOGRAM, "h", "", 5, {1}, {2, 3}},
	                                {TMON_METRIC_HISTOGRAM, "changed", "", 5, {1}, {2, 3}}};
	add_earlier(now, {{TMON_METRIC_COUNTER, "c", "", 10, {}, {}},
	                  {TMON_METRIC_GAUGE, "g", "", 10, {}, {}},
	                  {TMON_METRIC_HISTOGRAM, "h", "", 10, {1}, {20, 30}},
	                  {TMON_METRIC_HISTOGRAM, "changed", "", 10, {7}, {20, 30}},
	                  {TMON_METRIC_COUNTER, "gone", "", 10, {}, {}}});
	BOOST_REQUIRE(now.size() == 5u);
	BOOST_TEST(now[0].value == 15);
	BOOST_TEST(now[1].value == 5);
	BOOST_TEST(now[2].value == 15);
	BOOST_TEST(now[2].buckets == (std::vector<uint64_t>{22, 33}), boost::test_tools::per_element());
	BOOST_TEST(now[3].buckets == (std::vector<uint64_t>{2, 3}), boost::test_tools::per_element());
	BOOST_TEST(now[4].name == "gone");
}

} // namespace
