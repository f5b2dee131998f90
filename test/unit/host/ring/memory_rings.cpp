// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/ring/memory_rings.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

using namespace tmon;

namespace {

std::vector<tmon_event> numbered(uint64_t first, std::size_t count) {
	std::vector<tmon_event> events(count);
	for (std::size_t i = 0; i < count; ++i) {
		std::memset(&events[i], static_cast<int>(first + i), sizeof(tmon_event));
		events[i].time_ns = first + i;
	}
	return events;
}

} // namespace

BOOST_AUTO_TEST_SUITE(memory_rings)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
	MemoryRings writer(lay_out_rings(3, 128 * TMON_RING_UNIT));
	writer.begin_at(1, ~uint64_t{0} - 60); // and over the end of all numbers
	const EventRings rings(writer.descriptor());
	EventBuffer buffer(64);
	uint64_t cursor = rings.head(1);
	for (uint64_t round = 0; round < 10; ++round) {
		writer.write(1, numbered(round * 50, 50));
		BOOST_TEST(writer.head(1) == rings.head(1));
		const RingRead read = rings.read(1, cursor, buffer);
		BOOST_REQUIRE(read.count == 50u);
		BOOST_TEST(read.lost == 0u);
		BOOST_TEST(read.first_seq == ~uint64_t{0} - 60 + round * 50);
		const auto expected = numbered(round * 50, 50);
		BOOST_TEST(std::memcmp(buffer.event(read.first), expected.data(), 50 * sizeof(tmon_event)) == 0);
	}
	BOOST_TEST(rings.head(0) == 0u);
	BOOST_TEST(rings.head(2) == 0u);
}

// Whoever gets the descriptor can look and no more.
BOOST_AUTO_TEST_CASE(nobody_else_can_write) {
	const tmon_rings layout = lay_out_rings(1, 64 * TMON_RING_UNIT);
	MemoryRings writer(layout);
	writer.write(0, numbered(7, 1));
	BOOST_TEST(mmap(nullptr, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, writer.descriptor(), 0) == MAP_FAILED);
	BOOST_TEST(errno == EPERM);
	char byte = 1;
	BOOST_TEST(pwrite(writer.descriptor(), &byte, 1, 128) == -1);
	BOOST_TEST(ftruncate(writer.descriptor(), 0) == -1);
	BOOST_TEST(fcntl(writer.descriptor(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
	BOOST_TEST(EventRings(writer.descriptor()).head(0) == 1u);
	writer.write(0, numbered(8, 1)); // it still can
	BOOST_TEST(writer.head(0) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
