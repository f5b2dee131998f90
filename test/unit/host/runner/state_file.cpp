// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The state of a plugin on its way to its successor.
#include "host/runner/state_file.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace {

using namespace tmon;

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
	for (const std::string& state : {std::string(), std::string("a\0b", 3), std::string(3'000'000, 'x'), std::string(kMaxState, 'y')}) {
		const Fd file = make_state_file();
		BOOST_REQUIRE(write_state(file.get(), state));
		BOOST_TEST((read_state(file.get()) == state));
	}
}

BOOST_AUTO_TEST_CASE(there_is_no_room_for_more) {
	const Fd file = make_state_file();
	BOOST_TEST(!write_state(file.get(), std::string(kMaxState + 1, 'z')));
	BOOST_TEST(ftruncate(file.get(), 1 << 30) != 0);
	BOOST_TEST(ftruncate(file.get(), 0) != 0);
	char byte = 1;
	BOOST_TEST(pwrite(file.get(), &byte, 1, 1 << 30) < 0);
}

BOOST_AUTO_TEST_CASE(a_length_that_lies_is_refused) {
	const Fd file = make_state_file();
	const uint64_t lie = kMaxState + 1;
	BOOST_REQUIRE(pwrite(file.get(), &lie, sizeof lie, 0) == sizeof lie);
	BOOST_CHECK_THROW(read_state(file.get()), std::runtime_error);
}

} // namespace
