// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The kernel refuses a program, and what is shown are the verifier's own words.
#define BOOST_TEST_MODULE bpf_load_log
#include "host/filter/load_log.hpp"
#include "test/support/privileged.hpp"

#include "refused.skel.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>

BOOST_AUTO_TEST_CASE(the_verifiers_last_lines_are_shown, *tmon::test::needs_root()) {
	const tmon::LoadLog log;
	struct refused* const object = refused__open();
	BOOST_REQUIRE(object != nullptr);
	const int error = refused__load(object);
	refused__destroy(object);
	BOOST_TEST(error == -EACCES);
	const std::string shown = tmon::explain_refusal(log.text());
	BOOST_TEST_MESSAGE(shown);
	BOOST_TEST(shown.find("invalid access to packet") != std::string::npos);
	BOOST_TEST(shown.find("processed ") != std::string::npos);
	BOOST_TEST(shown.find("libbpf:") == std::string::npos);
	BOOST_TEST(tmon::explain_refusal(log.text(), 1).find('\n') == std::string::npos);
}
