// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/diagnostics/log.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <sstream>

namespace {

using namespace tmon;

BOOST_AUTO_TEST_CASE(a_foreign_text_stays_on_its_line) {
	BOOST_TEST(printable("plain \xe2\x82\xac text") == "plain \xe2\x82\xac text");
	BOOST_TEST(printable("two\nlines\r\t") == "two\\x0alines\\x0d\\x09");
	BOOST_TEST(printable("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
	BOOST_TEST(printable(std::string_view("a\0b", 3)) == "a\\x00b");
	BOOST_TEST(printable("").empty());
}

BOOST_AUTO_TEST_CASE(debug_lines_are_for_the_verbose) {
	for (const bool verbose : {false, true}) {
		std::ostringstream caught;
		std::streambuf* const old = std::clog.rdbuf(caught.rdbuf());
		start_log(verbose);
		log_debug("detail");
		log_error("trouble");
		std::clog.rdbuf(old);
		BOOST_TEST((caught.str().find(" debug: detail\n") != std::string::npos) == verbose);
		BOOST_TEST(caught.str().find("Z error: trouble\n") != std::string::npos);
	}
}

} // namespace
