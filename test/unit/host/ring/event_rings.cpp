// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Layout and reading of the event rings, and, at full speed, that no torn event is handed out and each loss
// is counted.
#include "host/ring/event_rings.hpp"
#include "test/support/ring_writer.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>
#include <thread>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace data = boost::unit_test::data;

// --- layout ---

struct LayoutCase {
	uint32_t rings;
	uint64_t bytes_per_ring, bytes_total, slots; // slots 0: refused
};
std::ostream& operator<<(std::ostream& out, const LayoutCase& c) {
	return out << c.rings << " rings of " << c.bytes_per_ring << " bytes, at most " << c.bytes_total;
}

const LayoutCase layouts[] = {
    {1, 4u << 20, 64u << 20, 65536},
    {4, 4u << 20, 64u << 20, 65536},
    {16, 4u << 20, 64u << 20, 65536},
    {17, 4u << 20, 64u << 20, 32768},           // the total wins
    {128, 4u << 20, 64u << 20, 8192},
    {4096, 4u << 20, 64u << 20, 256},
    {16384, 4u << 20, 64u << 20, 64},           // as many as there can be
    {16385, 4u << 20, 64u << 20, 0},
    {2, 64 * 64, 64u << 20, 64},                // the least
    {2, 64 * 64 - 1, 64u << 20, 0},
    {2, 64 * 128 - 1, 64u << 20, 64},           // down to a power of two
    {2, 64 * 128, 64u << 20, 128},
    {2, 1'000'000, 64u << 20, 8192},
    {3, 1u << 20, 100'000, 512},
    {1, 0, 64u << 20, 0},
    {1, 4u << 20, 0, 0},
    {0, 4u << 20, 64u << 20, 0},
};

BOOST_DATA_TEST_CASE(rings_are_laid_out_within_the_limits, data::make(layouts), c) {
	if (c.slots == 0) {
		BOOST_CHECK_THROW(lay_out_rings(c.rings, c.bytes_per_ring, c.bytes_total), RingError);
		return;
	}
	const tmon_rings layout = lay_out_rings(c.rings, c.bytes_per_ring, c.bytes_total);
	BOOST_TEST(layout.slots == c.slots);
	BOOST_TEST(layout.rings == c.rings);
	BOOST_TEST(layout.slots_offset % TMON_RINGS_PAGE == 0u);
	BOOST_TEST(layout.slots_offset >= uint64_t{TMON_RING_HEAD_INDEX(c.rings)} * TMON_RING_UNIT);
	BOOST_TEST(layout.size == layout.slots_offset + c.rings * c.slots * TMON_RING_UNIT);
	BOOST_TEST(layout.size - layout.slots_offset <= c.bytes_total);
}

BOOST_AUTO_TEST_CASE(too_small_a_ring_says_how_much_is_needed) {
	BOOST_CHECK_EXCEPTION(lay_out_rings(8, 1000), RingError, [](const RingError& error) {
		BOOST_TEST(error.what() == "a ring of 1000 bytes is too small: each of the 8 CPUs needs at least 4096");
		return true;
	});
}

struct Damage {
	const char* what;
	void (*apply)(tmon_rings&);
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.what; }

const Damage damages[] = {
    {"no magic", [](tmon_rings& r) { r.magic ^= 1; }},
    {"an unknown layout", [](tmon_rings& r) { r.layout += 1; }},
    {"no rings", [](tmon_rings& r) { r.rings = 0; }},
    {"one ring less", [](tmon_rings& r) { r.rings -= 1; }},
    {"one ring more", [](tmon_rings& r) { r.rings += 1; }},
    {"as many rings as fit in the field", [](tmon_rings& r) { r.rings = UINT32_MAX; }},
    {"no slots", [](tmon_rings& r) { r.slots = 0; }},
    {"slots that are no power of two", [](tmon_rings& r) { r.slots += 1; }},
    {"few slots", [](tmon_rings& r) { r.slots = 32; }},
    {"twice the slots", [](tmon_rings& r) { r.slots *= 2; }},
    {"2^63 slots", [](tmon_rings& r) { r.slots = 1ull << 63; }},
    {"an offset within a page", [](tmon_rings& r) { r.slots_offset += 64; }},
    {"slots over the header", [](tmon_rings& r) { r.size -= r.slots_offset, r.slots_offset = 0; }},
    {"slots behind the end", [](tmon_rings& r) { r.slots_offset += TMON_RINGS_PAGE; }},
    {"a size that is too small", [](tmon_rings& r) { r.size -= 1; }},
    {"a size that is too big", [](tmon_rings& r) { r.size += 1; }},
    {"no size", [](tmon_rings& r) { r.size = 0; }},
    {"an offset that makes the size wrap around",
     [](tmon_rings& r) {
	     r.slots_offset = 0 - r.rings * r.slots * TMON_RING_UNIT + TMON_RINGS_PAGE;
	     r.size = TMON_RINGS_PAGE;
     }},
};

BOOST_DATA_TEST_CASE(a_damaged_header_is_refused, data::make(damages), damage) {
	const RingWriter writer(3, 1024);
	BOOST_CHECK_NO_THROW(EventRings{writer.descriptor()});
	tmon_rings header = writer.layout();
	damage.apply(header);
	BOOST_REQUIRE(pwrite(writer.descriptor(), &header, sizeof header, 0) == sizeof header);
	BOOST_CHECK_THROW(EventRings{writer.descriptor()}, RingError);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_mapped_is_refused) {
	BOOST_CHECK_THROW(EventRings{-1}, RingError);
	int ends[2];
	BOOST_REQUIRE(pipe(ends) == 0);
	const Fd first(ends[0]), second(ends[1]);
	BOOST_CHECK_THROW(EventRings{ends[0]}, RingError);
}

// --- reading ---

void check_read(const RingRead& read, uint64_t first_seq, uint32_t count, uint64_t lost) {
	BOOST_TEST(read.count == count);
	BOOST_TEST(read.lost == lost);
	if (count)
		BOOST_TEST(read.first_seq == first_seq);
}

void check_events(const EventBuffer& buffer, const RingRead& read, uint32_t ring) {
	for (uint32_t i = 0; i < read.count; ++i)
		BOOST_TEST(is_event(buffer.event(read.first + i), ring, read.first_seq + i));
}

struct ReadCase {
	const char* what;
	uint64_t start;      // of the ring
	uint64_t written;    // since then
	uint32_t buffer;     // slots
	uint32_t count;      // of the first read
	uint64_t lost;       // of the first read
};
std::ostream& operator<<(std::ostream& out, const ReadCase& c) { return out << c.what << ", from " << c.start; }

const ReadCase reads[] = {
    {"nothing", 0, 0, 256, 0, 0},
    {"one", 0, 1, 256, 1, 0},
    {"several", 0, 17, 256, 17, 0},
    {"more than the buffer holds", 0, 60, 16, 16, 0},
    {"as much as the buffer holds", 0, 16, 16, 16, 0},
    {"as much as can wait", 0, 63, 256, 63, 0},
    {"one more than can wait", 0, 64, 256, 63, 1},
    {"twice round", 0, 128, 256, 63, 65},
    {"far behind, a small buffer", 0, 1000, 16, 16, 937},
    {"across the end of the ring", 60, 10, 256, 10, 0},
    {"as much as can wait", 61, 63, 256, 63, 0},
    {"one more than can wait", 61, 64, 256, 63, 1},
};

BOOST_DATA_TEST_CASE(a_read_takes_what_waits_and_counts_what_is_lost, data::make(reads), c) {
	for (const uint32_t ring : {0u, 1u}) {
		RingWriter writer(2, 64);
		writer.start_at(ring, c.start);
		const EventRings rings(writer.descriptor());
		EventBuffer buffer(c.buffer);
		uint64_t cursor = c.start;
		writer.write_numbered(ring, c.written);
		BOOST_TEST(rings.head(ring) == c.start + c.written);
		BOOST_TEST(rings.head(1 - ring) == 0u);
		const RingRead read = rings.read(ring, cursor, buffer);
		check_read(read, c.start + c.lost, c.count, c.lost);
		check_events(buffer, read, ring);
		BOOST_TEST(cursor == c.start + c.lost + c.count);
		// The rest, and then nothing.
		uint64_t total = c.lost + c.count;
		while (true) {
			const uint64_t before = cursor;
			const RingRead next = rings.read(ring, cursor, buffer);
			BOOST_TEST(next.lost == 0u);
			BOOST_TEST(cursor == before + next.count);
			check_events(buffer, next, ring);
			if (next.count == 0)
				break;
			BOOST_TEST(next.first_seq == before);
			total += next.count;
		}
		BOOST_TEST(total == c.written);
	}
}

BOOST_AUTO_TEST_CASE(readers_do_not_disturb_each_other) {
	RingWriter writer(1, 64);
	const EventRings first(writer.descriptor()), second(writer.descriptor());
	EventBuffer buffer(64);
	uint64_t a = 0, b = 0;
	writer.write_numbered(0, 10);
	check_read(first.read(0, a, buffer), 0, 10, 0);
	writer.write_numbered(0, 60);
	check_read(first.read(0, a, buffer), 10, 60, 0);
	check_read(second.read(0, b, buffer), 7, 63, 7);
}

// --- at full speed ---

struct Reader {
	const char* name;
	std::chrono::microseconds pause;
	uint64_t stops_at; // events, after which it stops for as long as the writer writes
	uint64_t read = 0, lost = 0, torn = 0, gaps = 0, cursor = 0;

	void take(const EventRings& rings, EventBuffer& buffer) {
		const uint64_t before = cursor;
		const RingRead got = rings.read(0, cursor, buffer);
		gaps += cursor != before + got.lost + got.count;
		gaps += got.count != 0 && got.first_seq != before + got.lost;
		for (uint32_t i = 0; i < got.count; ++i)
			torn += !is_event(buffer.event(got.first + i), 0, got.first_seq + i);
		read += got.count;
		lost += got.lost;
	}
};

BOOST_AUTO_TEST_CASE(torn_events_are_never_handed_out) {
	using namespace std::chrono_literals;
	// Small, so that the writer comes round while a reader copies.
	RingWriter writer(1, 256);
	const EventRings rings(writer.descriptor());
	std::atomic<bool> done{false};
	Reader readers[] = {{"fast", 0us, UINT64_MAX}, {"slow", 300us, UINT64_MAX}, {"stopping", 0us, 10'000}};
	std::vector<std::thread> threads;
	for (Reader& reader : readers) {
		threads.emplace_back([&rings, &done, &reader] {
			EventBuffer buffer(1024);
			while (!done.load(std::memory_order_acquire)) {
				if (reader.read + reader.lost >= reader.stops_at) {
					std::this_thread::sleep_for(1ms);
					continue;
				}
				reader.take(rings, buffer);
				if (reader.pause.count())
					std::this_thread::sleep_for(reader.pause);
			}
			while (reader.cursor != rings.head(0))
				reader.take(rings, buffer);
		});
	}
	// Twice at full speed, and in between with pauses in which the readers catch up.
	for (const uint64_t burst : {0u, 100u, 0u}) {
		const auto until = std::chrono::steady_clock::now() + 1200ms;
		while (std::chrono::steady_clock::now() < until) {
			writer.write_numbered(0, burst ? burst : 1000);
			if (burst)
				std::this_thread::yield();
		}
	}
	done.store(true, std::memory_order_release);
	for (std::thread& thread : threads)
		thread.join();
	const uint64_t head = writer.head(0);
	for (const Reader& reader : readers) {
		BOOST_TEST_CONTEXT(reader.name) {
			BOOST_TEST_MESSAGE(reader.name << ": read " << reader.read << ", lost " << reader.lost << " of " << head);
			BOOST_TEST(reader.torn == 0u);
			BOOST_TEST(reader.gaps == 0u);
			BOOST_TEST(reader.read + reader.lost == head);
			BOOST_TEST(reader.read > 0u);
		}
	}
	BOOST_TEST(readers[1].lost > 0u);
	BOOST_TEST(readers[2].lost > 0u);
}

} // namespace
