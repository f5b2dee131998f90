// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/recording/recording.hpp"

#include "host/conformance/random.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstring>
#include <system_error>

using namespace tmon;
using namespace tmon::test;

namespace {

Recording sample() {
	Recording recording;
	recording.plugin = "./mine.so";
	recording.plugin_id = "mine";
	recording.plugin_version = "1.2.3";
	recording.sha256 = std::string(64, 'a');
	recording.instance = "one";
	recording.config_json = R"({"text":"\u0000\"\n"})";
	recording.reason = "in on_batch: \x01 \xff";
	recording.saved_at_ns = 1'700'000'000'000'000'001;
	for (uint32_t ring = 0; ring < 3; ++ring) {
		RecordedBatch batch{ring, uint64_t{1} << 40, ~uint64_t{0}, -7, {}};
		batch.events.resize(ring * 2);
		for (tmon_event& event : batch.events)
			std::memset(&event, static_cast<int>(ring + 0x40), sizeof event);
		recording.batches.push_back(std::move(batch));
	}
	return recording;
}

std::string bytes_of(const Recording& recording) {
	const TempDir dir;
	write_recording(dir / "file", recording);
	return read_file(dir / "file");
}

// Only one way to refuse, whatever the bytes are.
bool is_recording(const std::string& bytes) {
	try {
		parse_recording(bytes);
		return true;
	} catch (const RecordingError&) {
		return false;
	}
}

} // namespace

BOOST_AUTO_TEST_SUITE(recording)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
	Recording written = sample();
	written.reason = "in on_batch";
	const TempDir dir;
	write_recording(dir / "file", written);
	const Recording read = read_recording(dir / "file");
	BOOST_TEST(read.plugin == written.plugin);
	BOOST_TEST(read.plugin_id == written.plugin_id);
	BOOST_TEST(read.plugin_version == written.plugin_version);
	BOOST_TEST(read.sha256 == written.sha256);
	BOOST_TEST(read.instance == written.instance);
	BOOST_TEST(read.config_json == written.config_json);
	BOOST_TEST(read.reason == written.reason);
	BOOST_TEST(read.saved_at_ns == written.saved_at_ns);
	BOOST_REQUIRE(read.batches.size() == written.batches.size());
	for (std::size_t i = 0; i < read.batches.size(); ++i) {
		BOOST_TEST(read.batches[i].ring == written.batches[i].ring);
		BOOST_TEST(read.batches[i].first_seq == written.batches[i].first_seq);
		BOOST_TEST(read.batches[i].lost_before == written.batches[i].lost_before);
		BOOST_TEST(read.batches[i].clock_offset_ns == written.batches[i].clock_offset_ns);
		BOOST_REQUIRE(read.batches[i].events.size() == written.batches[i].events.size());
		for (std::size_t k = 0; k < read.batches[i].events.size(); ++k)
			BOOST_TEST(std::memcmp(&read.batches[i].events[k], &written.batches[i].events[k], sizeof(tmon_event)) == 0);
	}
}

BOOST_AUTO_TEST_CASE(a_file_is_new_and_its_owners) {
	const TempDir dir;
	write_recording(dir / "file", sample());
	struct stat status;
	BOOST_REQUIRE(stat((dir / "file").c_str(), &status) == 0);
	BOOST_TEST((status.st_mode & 0777) == 0600u);
	BOOST_CHECK_THROW(write_recording(dir / "file", sample()), std::system_error);
	BOOST_CHECK_THROW(write_recording(dir / "no/file", sample()), std::system_error);
	BOOST_CHECK_THROW(read_recording(dir / "none"), std::system_error);
	BOOST_CHECK_THROW(read_recording(dir.path()), RecordingError);
	BOOST_CHECK_THROW(read_recording("/dev/zero"), RecordingError);
}

// Cut between two batches it is shorter, and whole; cut elsewhere it is refused.
BOOST_AUTO_TEST_CASE(every_truncation_is_noticed) {
	Recording recording = sample();
	recording.reason = "x";
	const std::string whole = bytes_of(recording);
	int accepted = 0;
	for (std::size_t size = 0; size <= whole.size(); ++size)
		accepted += is_recording(whole.substr(0, size));
	BOOST_TEST(accepted == 4);
	BOOST_TEST(is_recording(whole));
}

BOOST_AUTO_TEST_CASE(damage_is_refused_or_read_and_nothing_else) {
	Recording recording = sample();
	recording.reason = "x";
	const std::string whole = bytes_of(recording);
	Random random(4711);
	int refused = 0;
	for (int i = 0; i < 20'000; ++i) {
		std::string damaged = whole;
		for (uint64_t k = 1 + random.below(4); k > 0; --k)
			damaged[static_cast<std::size_t>(random.below(damaged.size()))] = static_cast<char>(random.next());
		if (random.one_in(4))
			damaged.resize(static_cast<std::size_t>(random.below(damaged.size())));
		refused += !is_recording(damaged);
	}
	BOOST_TEST(refused > 1000);
	for (int i = 0; i < 5000; ++i) {
		std::string noise(static_cast<std::size_t>(random.below(300)), '\0');
		for (char& c : noise)
			c = static_cast<char>(random.next());
		BOOST_TEST(!is_recording(noise));
		BOOST_TEST(!is_recording("TMONREC1" + noise));
	}
}

// A length that promises more than there is must not be believed.
BOOST_AUTO_TEST_CASE(lengths_are_not_trusted) {
	std::string bytes = bytes_of(sample());
	std::string long_head = bytes;
	std::memset(long_head.data() + 8, 0xff, 4);
	BOOST_TEST(!is_recording(long_head));
	const std::string batch(32, '\xff');
	BOOST_TEST(!is_recording(bytes + batch));
}

BOOST_AUTO_TEST_SUITE_END()
