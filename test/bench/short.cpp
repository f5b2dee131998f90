// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/privileged.hpp"
#include "test/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <sstream>

namespace {

using namespace tmon::test;

// The numbers that stand before "(goal" in each line of the table of ratios.
std::vector<double> ratios(const std::string& output) {
	std::vector<double> found;
	std::istringstream lines(output);
	for (std::string line; std::getline(lines, line);) {
		const std::size_t goal = line.find("  (goal ");
		if (goal == std::string::npos)
			continue;
		found.push_back(std::strtod(line.substr(line.rfind(' ', goal - 1)).c_str(), nullptr));
	}
	return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(short_forms, *needs_root())

BOOST_AUTO_TEST_CASE(event_path_prints_its_ratios) {
	const std::string dir = TMON_BENCH_DIR;
	const Finished finished = run({dir + "/event_path-bench", dir + "/libsink.so", "1", "100000"}, {}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.errors);
	const std::vector<double> found = ratios(finished.output);
	BOOST_TEST(found.size() == 5u, finished.output);
	for (const double ratio : found)
		BOOST_TEST(std::isfinite(ratio), finished.output); // so short, a net cost may even come out negative
}

BOOST_AUTO_TEST_CASE(isolation_prints_its_cost) {
	const std::string dir = TMON_BENCH_DIR;
	const Finished finished = run({dir + "/isolation-bench", dir + "/libsink.so", "3", "20000"}, {}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.errors);
	const std::vector<double> found = ratios(finished.output);
	BOOST_TEST(found.size() == 1u, finished.output);
	for (const double cost : found)
		BOOST_TEST(std::isfinite(cost), finished.output);
}

BOOST_AUTO_TEST_CASE(traffic_gen_prints_its_rate) {
	const std::string dir = TMON_BENCH_DIR;
	const Finished finished = run({dir + "/traffic_gen-bench", "1", "20000"}, {}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.errors);
	const std::vector<double> found = ratios(finished.output);
	BOOST_TEST(found.size() == 1u, finished.output);
	for (const double rate : found)
		BOOST_TEST((std::isfinite(rate) && rate > 0), finished.output);
}

BOOST_AUTO_TEST_CASE(policy_swap_prints_its_times) {
	const std::string dir = TMON_BENCH_DIR;
	const Finished finished = run({dir + "/policy_swap-bench", "1", "1000"}, {}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.errors);
	const std::vector<double> found = ratios(finished.output);
	BOOST_TEST(found.size() == 4u, finished.output);
	for (const double time : found)
		BOOST_TEST((std::isfinite(time) && time > 0), finished.output);
}

BOOST_AUTO_TEST_CASE(prefix_tables_prints_its_ratios) {
	const std::string dir = TMON_BENCH_DIR;
	const Finished finished = run({dir + "/prefix_tables-bench", "1", "100000", "1000"}, {}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.errors);
	const std::vector<double> found = ratios(finished.output);
	BOOST_TEST(found.size() == 11u, finished.output);
	for (const double ratio : found)
		BOOST_TEST(std::isfinite(ratio), finished.output);
}

BOOST_AUTO_TEST_SUITE_END()
