// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/pcap_file.hpp"

#include "test/support/temp_dir.hpp"
#include "traffic-gen/output_error.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>

using namespace tmon;
using tmon::test::TempDir;

namespace {

uint32_t word_at(const std::string& bytes, std::size_t at) {
	uint32_t value = 0;
	std::memcpy(&value, bytes.data() + at, sizeof value);
	return value;
}

std::string capture(uint64_t count, uint64_t rate, Outcome* outcome = nullptr) {
	const TempDir dir;
	{
		PcapFile file((dir / "f.pcap").string());
		const auto scenario = make_scenario({});
		const Outcome result = write_capture(*scenario, file, 5'000'000'000, {.count = count, .rate = rate});
		if (outcome != nullptr)
			*outcome = result;
	}
	return tmon::test::read_file(dir / "f.pcap");
}

} // namespace

BOOST_AUTO_TEST_SUITE(pcap_file)

BOOST_AUTO_TEST_CASE(holds_the_frames_with_their_times) {
	Outcome outcome;
	const std::string bytes = capture(100, 3, &outcome);
	BOOST_TEST(outcome.tally.packets == 100u);
	BOOST_TEST(word_at(bytes, 0) == 0xa1b23c4du); // nanoseconds, this machine's byte order
	BOOST_TEST(word_at(bytes, 20) == 1u); // Ethernet

	const auto scenario = make_scenario({});
	std::size_t at = 24;
	for (uint64_t i = 0; i < 100; ++i) {
		packet::Bytes frame;
		scenario->next(frame);
		BOOST_REQUIRE(at + 16 + frame.size() <= bytes.size());
		const uint64_t time = 5'000'000'000 + i * 1'000'000'000 / 3;
		BOOST_TEST(word_at(bytes, at) == time / 1'000'000'000);
		BOOST_TEST(word_at(bytes, at + 4) == time % 1'000'000'000);
		BOOST_TEST(word_at(bytes, at + 8) == frame.size());
		BOOST_TEST(word_at(bytes, at + 12) == frame.size());
		BOOST_TEST(std::memcmp(bytes.data() + at + 16, frame.data(), frame.size()) == 0);
		at += 16 + frame.size();
	}
	BOOST_TEST(at == bytes.size());
}

BOOST_AUTO_TEST_CASE(the_same_every_time) {
	BOOST_TEST((capture(500, 0) == capture(500, 0)));
	const std::string bytes = capture(2, 0);
	const std::size_t second = 24 + 16 + word_at(bytes, 24 + 8);
	BOOST_TEST(word_at(bytes, second + 4) == 1000u); // 1 us later
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_named) {
	const auto says = [](const std::string& text) {
		return [text](const OutputError& error) {
			return std::string(error.what()).find(text) != std::string::npos;
		};
	};
	BOOST_CHECK_EXCEPTION(PcapFile("/nonexistent/f.pcap"), OutputError, says("/nonexistent/f.pcap: No such file"));
	PcapFile full("/dev/full");
	const auto scenario = make_scenario({});
	BOOST_CHECK_EXCEPTION(write_capture(*scenario, full, 0, {}), OutputError, says("/dev/full: No space left"));
}

BOOST_AUTO_TEST_SUITE_END()
