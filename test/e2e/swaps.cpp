// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Two disjoint sets take each other's place again and again while packets arrive from the sources of both: each packet
// is judged by the one set or the other, never by something in between.
#include "host/filter/attachment.hpp"
#include "host/filter/generation.hpp"
#include "host/ring/event_rings.hpp"
#include "host/stats/totals.hpp"
#include "test/e2e/disjoint_sets.hpp"
#include "test/e2e/recorder.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>

#include <cstring>
#include <future>
#include <sstream>

#ifndef RELOADS
#error "RELOADS says how often the program is told to read its configuration"
#endif

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr uint32_t kRate = 300'000; // packets a second, at most
constexpr uint32_t kBetween = 64;   // packets that each generation meets at least
constexpr uint32_t kSwaps = 1000;   // within this process,
constexpr uint32_t kPrograms = 8;   // of as many programs in turn

// Sends in a thread of its own while it lives.
class Traffic {
public:
	explicit Traffic(const Wire& wire)
	    : sender_(wire, kRate), sent_(std::async(std::launch::async, [this] { return sender_.run(stop_); })) {}
	~Traffic() { stop_ = true; }

	// Returns once some more packets have arrived.
	void flow() const {
		const uint32_t before = sender_.arrived();
		BOOST_REQUIRE(eventually([&] { return sender_.arrived() - before > kBetween || ended(); }, 10s));
		BOOST_REQUIRE(!ended());
	}
	// How many were sent; all have arrived.
	uint32_t stop() {
		stop_ = true;
		return sent_.get();
	}

private:
	bool ended() const { return sent_.wait_for(0s) == std::future_status::ready; }

	std::atomic<bool> stop_ = false;
	NumberedSender sender_;
	std::future<uint32_t> sent_;
};

tmon::Rules rules_of(uint32_t generation) {
	tmon::Rules rules;
	rules.drop = true;
	for (uint32_t source = 0; source < 4; ++source)
		rules.policy.entries.push_back(
		    {std::get<tmon::Prefix>(tmon::parse_prefix(kSetPrefixes[source])),
		     denied_in(generation, source) ? tmon::EntryClass::denied : tmon::EntryClass::permitted,
		     {},
		     {}});
	return rules;
}

// Keeps every event of all rings.
class Reader {
public:
	explicit Reader(int rings) : rings_(rings), thread_([this] { run(); }) {}
	~Reader() {
		if (thread_.joinable())
			finish();
	}

	std::vector<tmon_event> finish() {
		stop_ = true;
		thread_.join();
		return std::move(events_);
	}
	uint64_t lost() const { return lost_; }

private:
	void run() {
		tmon::EventBuffer buffer(4096);
		std::vector<uint64_t> cursors(rings_.rings(), 0);
		for (bool last = false;; last = stop_) {
			uint64_t found = 0;
			for (uint32_t ring = 0; ring < rings_.rings(); ++ring)
				found += take(rings_.read(ring, cursors[ring], buffer), buffer);
			if (found == 0 && last)
				return;
			if (found == 0)
				std::this_thread::sleep_for(200us);
		}
	}
	uint64_t take(const tmon::RingRead& read, const tmon::EventBuffer& buffer) {
		lost_ += read.lost;
		for (uint32_t i = 0; i < read.count; ++i) {
			tmon_event event;
			std::memcpy(&event, buffer.event(read.first + i), sizeof event);
			events_.push_back(event);
		}
		return read.count + read.lost;
	}

	tmon::EventRings rings_;
	std::atomic<bool> stop_ = false;
	uint64_t lost_ = 0;
	std::vector<tmon_event> events_;
	std::thread thread_; // last: uses all above
};

json::object config_of(uint32_t generation, const Recorder& recorder) {
	json::array permitted, denied;
	for (uint32_t source = 0; source < 4; ++source) {
		const std::string name = "generation " + std::to_string(generation) + ", " + kSetPrefixes[source];
		(denied_in(generation, source) ? denied : permitted)
		    .push_back(json::object{{"cidr", kSetPrefixes[source]}, {"name", name}});
	}
	return {{"permitted_cidrs", permitted},
	        {"denied_cidrs", denied},
	        {"drop_packets", true},
	        {"plugins", {recorder.plugin()}}};
}

// What arrives behind the filter is what it has permitted.
void check_behind(FrameCounter& behind, uint64_t permitted) {
	const FrameCounts counts = behind.wait_for(permitted);
	BOOST_TEST(counts.total + counts.lost == permitted);
}

} // namespace

BOOST_AUTO_TEST_SUITE(explanations)

tmon_event reported(uint32_t number, uint32_t entry) {
	static constexpr uint8_t sources[4][16] = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 0, 1},
	                                           {0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	                                           {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 2, 0, 1},
	                                           {0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
	tmon_event event{};
	std::memcpy(event.src, sources[number % 4], 16);
	event.dst_port = static_cast<uint16_t>(number);
	event.entry = entry;
	return event;
}

// 16 packets, the first 8 of which met generation 1, which denies by entries 1 and 2, and the others generation 2.
BOOST_AUTO_TEST_CASE(what_neither_set_explains_is_found) {
	const std::vector<tmon_event> right = {reported(0, 1),  reported(1, 2),  reported(4, 1),  reported(5, 2),
	                                       reported(10, 3), reported(11, 4), reported(14, 3), reported(15, 4)};
	const auto fault = [](const std::vector<tmon_event>& events) {
		return explain(events, 16, 2, TMON_ACTION_LOG).fault;
	};
	BOOST_TEST(fault(right) == "");
	BOOST_TEST(explain(right, 16, 2, TMON_ACTION_LOG).generations == 2u);
	for (std::size_t i = 0; i < right.size(); ++i) {
		std::vector<tmon_event> wrong = right;
		wrong[i].entry = 0;
		BOOST_TEST(fault(wrong) != "");
		wrong[i].entry = right[i].entry ^ 1; // of the other family
		BOOST_TEST(fault(wrong) != "");
		wrong[i].entry = (right[i].entry + 1) % 4 + 1; // of the other set
		BOOST_TEST(fault(wrong) != "");
		wrong[i].entry = right[i].entry + 4; // of a generation that has not come yet
		BOOST_TEST(fault(wrong) != "");
		wrong = right;
		wrong.push_back(right[i]);
		BOOST_TEST(fault(wrong) != "");
		wrong = right;
		wrong.erase(wrong.begin() + static_cast<std::ptrdiff_t>(i));
		BOOST_TEST(fault(wrong) != "");
	}
	// Judged by the first set after the second.
	std::vector<tmon_event> back = right;
	back.insert(back.end(), {reported(12, 1), reported(13, 2)});
	BOOST_TEST(fault(back) != "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(swaps, *needs_root())

BOOST_AUTO_TEST_CASE(a_thousand_exchanges_under_traffic_mix_nothing) {
	const Wire wire;
	FrameCounter behind(wire.watched, wire.interface());
	const NetworkNamespace::Inside inside(wire.watched);
	const tmon::SharedMaps maps({.ring_bytes = 16 << 20});
	std::vector<std::unique_ptr<tmon::Generation>> programs;
	for (uint32_t i = 0; i < kPrograms; ++i)
		programs.push_back(std::make_unique<tmon::Generation>(rules_of(i + 1), maps, i + 1, 2 * i + 1));
	tmon::Attachment attachment(programs.front()->program(0),
	                            {if_nametoindex(wire.interface().c_str()), wire.interface()},
	                            tmon::XdpMode::native);
	Reader reader(maps.descriptor(tmon::SharedMaps::Map::event_rings));
	Traffic traffic(wire);
	traffic.flow();
	for (uint32_t generation = 2; generation <= kSwaps; ++generation) {
		attachment.update(programs[(generation - 1) % kPrograms]->program(0));
		traffic.flow();
	}
	const uint32_t sent = traffic.stop();
	const std::vector<tmon_event> events = reader.finish();
	tmon::PacketTotals totals;
	totals.add(maps.counters(0));
	BOOST_TEST_MESSAGE(kSwaps << " exchanges, " << sent << " packets, " << events.size() << " denied");

	BOOST_TEST(reader.lost() == 0u);
	BOOST_TEST(totals.seen == sent);
	BOOST_TEST(totals.denied == events.size());
	BOOST_TEST(totals.dropped == events.size());
	BOOST_TEST(totals.permitted == sent - events.size());
	check_behind(behind, totals.permitted);
	const Explanation explained = explain(events, sent, kSwaps, TMON_ACTION_DROP, kPrograms);
	BOOST_TEST(explained.fault == "");
	BOOST_TEST(explained.generations == kSwaps);
}

BOOST_AUTO_TEST_CASE(reloads_of_the_program_leave_no_gap_and_mix_nothing) {
	const Wire wire;
	const Recorder recorder;
	FrameCounter behind(wire.watched, wire.interface());
	Monitor monitor(wire.watched, {.interfaces = {wire.interface()},
	                               .config = config_of(1, recorder),
	                               .arguments = {"--ring-size", "16M", "--force"}});
	Traffic traffic(wire);
	traffic.flow();
	const auto start = std::chrono::steady_clock::now();
	for (uint32_t generation = 2; generation <= RELOADS; ++generation) {
		monitor.reload(config_of(generation, recorder),
		               "policy " + std::to_string(generation) + " is in force");
		traffic.flow();
	}
	const auto took =
	    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
	const uint32_t sent = traffic.stop();
	const Ended ended = monitor.stop();
	const std::vector<tmon_event> events = recorder.events();
	BOOST_TEST_MESSAGE(RELOADS << " policies in " << took.count() << " ms, " << sent << " packets, "
	                           << events.size() << " denied");

	BOOST_TEST(ended.status == 0, ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/seen") == sent);
	BOOST_TEST(figure(ended.stats, "/dropped") == events.size());
	BOOST_TEST(figure(ended.stats, "/plugins/records/delivered") == figure(ended.stats, "/denied"));
	check_behind(behind, figure(ended.stats, "/permitted"));
	const Explanation explained = explain(events, sent, RELOADS, TMON_ACTION_DROP);
	BOOST_TEST(explained.fault == "");
	BOOST_TEST(explained.generations == RELOADS);

	// Each entry that has decided was told by its own name: source and generation follow from its number.
	std::istringstream names(recorder.names());
	uint32_t entry = 0, named = 0, wrong = 0;
	for (std::string name; names >> entry && names.ignore() && std::getline(names, name); ++named) {
		const uint32_t generation = (entry - 1) / 2 + 1,
		               source = (entry - 1) % 2 + (generation % 2 == 1 ? 0 : 2);
		wrong += name != "generation " + std::to_string(generation) + ", " + kSetPrefixes[source];
	}
	BOOST_TEST(named == 2 * RELOADS);
	BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
