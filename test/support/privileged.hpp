// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <boost/test/unit_test.hpp>

#include <unistd.h>

namespace tmon::test {

// Decorates what needs root: skipped, and shown as skipped, without it.
//     BOOST_AUTO_TEST_SUITE(name, *tmon::test::needs_root())
inline auto needs_root() {
	return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
		boost::test_tools::assertion_result result(geteuid() == 0);
		if (!result)
			result.message() << "not root";
		return result;
	});
}

} // namespace tmon::test
