// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/transmit.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/uio.h>

#include <deque>

using namespace tmon;
using namespace std::chrono_literals;

namespace {

// Takes what the script says, then everything.
struct ScriptedSink : FrameSink {
	std::deque<std::size_t> script;
	packet::Bytes received;
	uint64_t frames = 0;
	bool finished = false;
	std::atomic<bool>* stop_at_once = nullptr;

	std::size_t send(std::span<const iovec> offered) override {
		std::size_t count = offered.size();
		if (!script.empty()) {
			count = std::min(count, script.front());
			script.pop_front();
		}
		for (const iovec& frame : offered.first(count)) {
			const auto* bytes = static_cast<const uint8_t*>(frame.iov_base);
			received.insert(received.end(), bytes, bytes + frame.iov_len);
		}
		frames += count;
		if (stop_at_once != nullptr)
			*stop_at_once = true;
		return count;
	}
	void finish() override { finished = true; }
	uint64_t frames_ahead() const override { return 100; }
};

struct FullSink : FrameSink {
	std::size_t send(std::span<const iovec>) override { return 0; }
};

packet::Bytes expected_bytes(uint64_t count) {
	const auto scenario = make_scenario({});
	packet::Bytes all;
	for (uint64_t i = 0; i < count; ++i)
		scenario->next(all);
	return all;
}

void check_sums(const Tally& tally) {
	BOOST_TEST(tally.packets == tally.permitted + tally.denied + tally.unfiltered);
	BOOST_TEST(tally.packets == tally.ipv4 + tally.ipv6 + tally.not_ip);
	BOOST_TEST(tally.packets == tally.tcp + tally.udp + tally.icmp + tally.other);
}

} // namespace

BOOST_AUTO_TEST_SUITE(transmit_)

BOOST_AUTO_TEST_CASE(sends_exactly_what_the_scenario_makes) {
	const auto scenario = make_scenario({});
	ScriptedSink sink;
	const Outcome outcome = transmit(*scenario, sink, {.count = 3001});
	BOOST_TEST((outcome.end == End::complete));
	BOOST_TEST(outcome.tally.packets == 3001u);
	BOOST_TEST(outcome.retries == 0u);
	BOOST_TEST((sink.received == expected_bytes(3001)));
	BOOST_TEST(outcome.tally.bytes == sink.received.size());
	BOOST_TEST(sink.finished);
	check_sums(outcome.tally);
}

BOOST_AUTO_TEST_CASE(counts_what_is_not_ip_or_cannot_be_decided) {
	const auto scenario = make_scenario({.name = ScenarioName::evasion});
	ScriptedSink sink;
	const Outcome outcome = transmit(*scenario, sink, {.count = 2000});
	check_sums(outcome.tally);
	BOOST_TEST(outcome.tally.undecidable > 0u);
	BOOST_TEST(outcome.tally.undecidable < outcome.tally.denied);
	BOOST_TEST(outcome.tally.unfiltered > 0u);
	BOOST_TEST(outcome.tally.not_ip > 0u);
}

BOOST_AUTO_TEST_CASE(a_refused_frame_is_offered_again) {
	const auto scenario = make_scenario({});
	ScriptedSink sink;
	sink.script = {0, 0, 5, 0, 1, 63};
	const Outcome outcome = transmit(*scenario, sink, {.count = 500});
	BOOST_TEST(outcome.tally.packets == 500u);
	BOOST_TEST(outcome.retries == 6u);
	BOOST_TEST((sink.received == expected_bytes(500)));
}

BOOST_AUTO_TEST_CASE(counts_what_has_left_when_stopped) {
	const auto scenario = make_scenario({});
	std::atomic<bool> stop = false;
	ScriptedSink sink;
	sink.stop_at_once = &stop;
	const Outcome outcome = transmit(*scenario, sink, {.count = 500, .stop = &stop});
	BOOST_TEST((outcome.end == End::stopped));
	BOOST_TEST(outcome.tally.packets == sink.frames);
	BOOST_TEST(outcome.tally.packets < 500u);
	check_sums(outcome.tally);
}

BOOST_AUTO_TEST_CASE(gives_up_at_the_deadline) {
	const auto scenario = make_scenario({});
	FullSink sink;
	const Outcome outcome = transmit(*scenario, sink, {.count = 5, .timeout = 20ms});
	BOOST_TEST((outcome.end == End::timed_out));
	BOOST_TEST(outcome.tally.packets == 0u);
	BOOST_TEST(outcome.retries > 0u);
	BOOST_TEST(outcome.seconds >= 0.02);
}

BOOST_AUTO_TEST_CASE(keeps_to_the_rate) {
	const auto scenario = make_scenario({});
	ScriptedSink sink;
	const Outcome outcome = transmit(*scenario, sink, {.count = 201, .rate = 2000});
	BOOST_TEST(outcome.tally.packets == 201u);
	BOOST_TEST(outcome.seconds >= 0.1); // the last of 201 is due after 200 gaps
	BOOST_TEST((sink.received == expected_bytes(201)));
}

BOOST_AUTO_TEST_CASE(a_low_rate_can_be_stopped) {
	const auto scenario = make_scenario({});
	std::atomic<bool> stop = false;
	ScriptedSink sink;
	sink.stop_at_once = &stop;
	const Outcome outcome = transmit(*scenario, sink, {.count = 10, .rate = 1, .stop = &stop});
	BOOST_TEST((outcome.end == End::stopped));
	BOOST_TEST(outcome.tally.packets == 1u);
	BOOST_TEST(outcome.seconds < 0.9);
}

BOOST_AUTO_TEST_SUITE_END()
