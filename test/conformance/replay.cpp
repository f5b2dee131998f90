// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a plugin has crashed on is saved, and given to it again by `plugins replay`.
#include "host/recording/recording.hpp"
#include "host/ring/memory_rings.hpp"
#include "host/supervise/supervisor.hpp"
#include "test/conformance/program.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

using namespace tmon;
using namespace tmon::test;

namespace {

std::vector<tmon_event> events(uint16_t last_port) {
	std::vector<tmon_event> all(10);
	for (std::size_t i = 0; i < all.size(); ++i) {
		all[i].time_ns = 1'000'000'000 + i;
		all[i].ip_version = 4;
		all[i].protocol = TMON_PROTO_TCP;
		all[i].dst_port = static_cast<uint16_t>(i + 1);
		all[i].packet_size = 60;
		all[i].ifindex = 2;
	}
	all.back().dst_port = last_port;
	return all;
}

Recording recording_of(const std::string& plugin, const std::vector<RecordedBatch>& batches) {
	Recording recording;
	recording.plugin = plugin;
	recording.plugin_id = "defective";
	recording.plugin_version = "1.0.0";
	recording.instance = "mine";
	recording.config_json = R"({"level":3,"names":[]})";
	recording.reason = "in on_batch: its runner was ended by SIGSEGV";
	recording.batches = batches;
	return recording;
}

struct Saved {
	TempDir dir;
	std::string path = (dir / "one.batch").string();

	explicit Saved(const Recording& recording) { write_recording(path, recording); }
	Finished replay(std::vector<std::string> more = {}) const {
		more.insert(more.begin(), {"replay", path});
		return plugins(std::move(more));
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(conformance_replay)

// Live, with loss before the batch, from a ring that is not the first.
BOOST_AUTO_TEST_CASE(a_crash_is_saved_and_happens_again) {
	const InstalledTree tree{in_dist("lib/traffic-monitor/plugins"), in_dist("libexec/traffic-monitor/plugin-runner")};
	boost::asio::io_context io; // outlives the spawner
	Spawner spawner = Spawner::start(tree.runner);
	spawner.attach(io);
	start_log(false);
	const TempDir crashes;
	{
		MemoryRings writer(lay_out_rings(3, 2048 * TMON_RING_UNIT));
		writer.begin_at(2, 5000);
		const EventRings rings(writer.descriptor());
		RunnerEnvironment environment{rings, writer.descriptor(), {}, spawner, 1'700'000'000'000'000'000};
		environment.untold = {0, 0, 17};
		Supervisor supervisor(io, environment, CrashStore(crashes.path(), 4), {[] {}, [](uint32_t) { return tmon_tick{}; }});
		auto found = find_plugin(defective("crashes_on_port_666"), tree);
		BOOST_REQUIRE(std::holds_alternative<std::shared_ptr<const PluginFile>>(found));
		PluginConfig config;
		config.file = std::get<std::shared_ptr<const PluginFile>>(found);
		config.plugin = config.file->plugin;
		config.name = "mine";
		config.config_json = R"({"level":3,"names":[]})";
		BOOST_REQUIRE(supervisor.start({config}).empty());
		writer.write(2, events(666));
		supervisor.wake_sleepers();
		BOOST_REQUIRE(eventually(
		    [&] {
			    io.restart();
			    io.run_one_for(std::chrono::milliseconds(5));
			    return !std::filesystem::is_empty(crashes.path());
		    },
		    std::chrono::seconds(20)));
		supervisor.finish(std::chrono::seconds(5));
	}
	const std::string path = std::filesystem::directory_iterator(crashes.path())->path().string();
	const Recording recording = read_recording(path);
	BOOST_REQUIRE(recording.batches.size() == 1u);
	BOOST_TEST(recording.batches[0].ring == 2u);
	BOOST_TEST(recording.batches[0].first_seq == 5000u);
	BOOST_TEST(recording.batches[0].lost_before == 17u);
	BOOST_TEST(recording.batches[0].clock_offset_ns == 1'700'000'000'000'000'000);

	const Finished again = plugins({"replay", path});
	BOOST_TEST(again.status == 1, again.errors);
	BOOST_TEST(says(again.output, "10 events from 5000 of ring 2, 17 lost before\n"), again.output);
	BOOST_TEST(says(again.output, "recorded of defective 1.0.0, as mine: in on_batch: its runner was ended by SIGSEGV\n"), again.output);
	BOOST_TEST(says(again.output, "the plugin crashed in on_batch: its runner was ended by SIGSEGV\n"), again.output);
	BOOST_TEST(says(again.output, "10 events: 0 delivered, 10 failed"), again.output);
	BOOST_TEST(!says(again.output, "SHA-256"), again.output);
	// One life, and nothing more is saved.
	BOOST_TEST(!says(again.errors, "started again"), again.errors);

	const Finished mended = plugins({"replay", path, "--plugin", defective("sound")});
	BOOST_TEST(mended.status == 0, mended.output << mended.errors);
	BOOST_TEST(says(mended.output, "is not the file that was recorded: its SHA-256 is "), mended.output);
	BOOST_TEST(says(mended.output, "10 events: 10 delivered, 0 failed; 0 alerts\nthe plugin has taken everything\n"), mended.output);
}

// A plugin that looks at what was lost before sees the recorded number.
BOOST_AUTO_TEST_CASE(what_was_lost_is_told_again) {
	const Saved saved(recording_of(defective("blind_to_losses"), {{0, 2000, 1001, 0, events(1)}}));
	BOOST_TEST(saved.replay().status == 1);
	const Saved less(recording_of(defective("blind_to_losses"), {{0, 2000, 1000, 0, events(1)}}));
	BOOST_TEST(less.replay().status == 0);
}

BOOST_AUTO_TEST_CASE(batches_of_several_rings_come_one_after_the_other) {
	std::vector<RecordedBatch> batches;
	for (uint64_t i = 0; i < 20; ++i)
		batches.push_back({static_cast<uint32_t>(i % 2 * 5), 100 + i / 2 * 10, 0, 0, events(3)});
	const Saved saved(recording_of(defective("sound"), batches));
	const Finished finished = saved.replay();
	BOOST_TEST(finished.status == 0, finished.output << finished.errors);
	BOOST_TEST(says(finished.output, "200 events: 200 delivered, 0 failed"), finished.output);
}

// The largest that a runner reads at once, at the end of all numbers, of the last ring.
BOOST_AUTO_TEST_CASE(limits_hold) {
	RecordedBatch batch{4095, ~uint64_t{0} - 1024, 0, -5, {}};
	batch.events.resize(1024);
	const Finished finished = Saved(recording_of(defective("sound"), {batch})).replay();
	BOOST_TEST(finished.status == 0, finished.output << finished.errors);
	BOOST_TEST(says(finished.output, "1024 events: 1024 delivered"), finished.output);
}

BOOST_AUTO_TEST_CASE(another_configuration_can_be_given) {
	const Saved saved(recording_of(defective("sound"), {{0, 0, 0, 0, events(1)}}));
	BOOST_TEST(saved.replay({"--config", R"({"level": 9})"}).status == 0);
	const Finished wrong = saved.replay({"--config", R"({"level": 10})"});
	BOOST_TEST(wrong.status == 3);
	BOOST_TEST(says(wrong.errors, "--config:1:11: error: config.level: expected a whole number from 1 to 9, found the number 10"),
	           wrong.errors);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_replayed_is_refused) {
	const auto refused = [](const Recording& recording, const std::string& reason) {
		const Finished finished = Saved(recording).replay();
		BOOST_TEST(finished.status == 3, finished.output);
		BOOST_TEST(says(finished.errors, reason), finished.errors);
	};
	const std::string sound = defective("sound");
	refused(recording_of(sound, {}), "the recording holds no batch");
	refused(recording_of(sound, {{4096, 0, 0, 0, events(1)}}), "no runner reads a batch of 10 events from 0 of ring 4096");
	refused(recording_of(sound, {{0, 0, 1, 0, events(1)}}), "the recording is damaged");
	refused(recording_of(sound, {{0, ~uint64_t{0}, 0, 0, events(1)}}), "the recording is damaged");
	refused(recording_of(sound, {{0, 0, 0, 0, {}}}), "the recording is damaged");
	refused(recording_of(sound, {{0, 0, 0, 0, events(1)}, {0, 20, 10, 0, events(1)}}), "has a gap within ring 0, before event 20");
	refused(recording_of("/no/such.so", {{0, 0, 0, 0, events(1)}}), "/no");
	const TempDir dir;
	const Finished text = plugins({"replay", dir.write("text", "no recording").string()});
	BOOST_TEST(text.status == 3);
	BOOST_TEST(says(text.errors, "text: this is not a recording: it does not begin with TMONREC1"), text.errors);
	BOOST_TEST(plugins({"replay", (dir / "none").string()}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()
