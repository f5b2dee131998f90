// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/process.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon::test;

namespace {

const std::string head =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<testsuite tests=\"9\" skipped=\"9\" errors=\"9\" failures=\"9\" id=\"0\" name=\"unit\" time=\"1\">\n";
const std::string tail = "</testsuite>";
const std::string good = "<testcase assertions=\"2\" classname=\"s\" name=\"good\" time=\"0.1\">\n</testcase>\n";
const std::string skipped = "<testcase assertions=\"0\" name=\"skip\" time=\"0\">\n<skipped/>\n"
			    "<system-out><![CDATA[reason: <failure ]]></system-out>\n</testcase>\n";
const std::string failed = "<testcase assertions=\"2\" name=\"bad\" time=\"0\">\n"
			   "<failure message=\"failure\" type=\"assertion error\"><![CDATA[\n- message: check\n\n"
			   "]]></failure><failure message=\"failure\" type=\"x\"><![CDATA[\n"
			   "<testcase>\n</testcase>\n]]]]><![CDATA[> <testcase/>\n]]></failure>\n</testcase>\n";
const std::string error =
    "<testcase assertions=\"1\" name=\"throws\" time=\"0\">\n"
    "<error message=\"unexpected exception\" type=\"uncaught exception\"><![CDATA[\nWHAT\n]]></error>"
    "<system-err><![CDATA[\n]]></system-err>\n</testcase>\n";
const std::string talking = "<testcase assertions=\"1\" name=\"talks\" time=\"0\">\n<system-out><![CDATA[\n"
			    "<failure >\n<skipped/>\n]]></system-out>\n</testcase>\n";

struct Results {
	TempDir dir;

	Results() {
		std::filesystem::create_directories(dir / "build/sub");
		dir.write("log", "");
	}
	void check(const std::string& expected, int status) const {
		const Finished finished =
		    run({TMON_TOP "/test/sum-results", "build", "log"}, {.working_directory = dir.path()});
		BOOST_TEST(finished.output == expected + "\n");
		BOOST_TEST(finished.errors == "");
		BOOST_TEST(finished.status == status);
	}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sum_results, Results)

BOOST_AUTO_TEST_CASE(nothing_at_all_is_no_success) { check("0 passed, 0 failed", 1); }

BOOST_AUTO_TEST_CASE(adds_up_all_files) {
	dir.write("build/a.junit.xml", head + good + good + tail);
	dir.write("build/sub/b c.junit.xml", head + good + talking + tail);
	dir.write("build/sub/other.xml", head + failed + tail);
	check("4 passed, 0 failed", 0);
}

BOOST_AUTO_TEST_CASE(skipped_are_shown_when_there_are_any) {
	dir.write("build/a.junit.xml", head + good + skipped + skipped + tail);
	check("1 passed, 0 failed, 2 skipped", 0);
}

BOOST_AUTO_TEST_CASE(only_skipped_is_no_success) {
	dir.write("build/a.junit.xml", head + skipped + tail);
	check("0 passed, 0 failed, 1 skipped", 1);
}

BOOST_AUTO_TEST_CASE(a_case_fails_once_whatever_its_texts_hold) {
	dir.write("build/a.junit.xml", head + good + failed + error + talking + tail);
	check("2 passed, 2 failed", 1);
}

BOOST_AUTO_TEST_CASE(results_kept_from_b2_count) {
	dir.write("build/a.junit.xml.failed", head + good + failed + tail);
	dir.write("log", "...failed programs.run-test build/a.junit.xml...\n");
	check("1 passed, 1 failed", 1);
}

BOOST_AUTO_TEST_CASE(a_program_that_died_is_one_failure) {
	dir.write("build/a.junit.xml", head + good + tail);
	dir.write("build/b.junit.xml.died", "139\n");
	dir.write("log", "...failed programs.run-test build/b.junit.xml...\n");
	check("1 passed, 1 failed", 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_breaks_off_is_one_failure) {
	dir.write("build/a.junit.xml", head + good);
	dir.write("build/b.junit.xml", "");
	check("1 passed, 2 failed", 1);
}

BOOST_AUTO_TEST_CASE(what_b2_says_has_failed_counts_once) {
	dir.write("build/a.junit.xml", head + good + tail);
	dir.write("log", "...failed programs.run-test build/gone.junit.xml...\n"
			 "...removing build/gone.junit.xml\n"
			 "...failed gcc.compile.c++ build/x.o...\n"
			 "...skipped <pbuild>x for lack of <pbuild>x.o...\n"
			 "...failed updating 2 targets...\n"
			 "...skipped 1 target...\n"
			 "...failed gcc.compile.c++ build/x.o...\n");
	check("1 passed, 2 failed", 1);
}

BOOST_AUTO_TEST_CASE(a_wrong_call) {
	BOOST_TEST(run({TMON_TOP "/test/sum-results"}).status == 2);
	BOOST_TEST(run({TMON_TOP "/test/sum-results", "/nonexistent"}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()
