// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The loop that feeds a plugin: what it counts as delivered, lagged, failed and in hand, in which order it
// calls, and what it does with the host's messages.
#include "test/support/runner_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace data = boost::unit_test::data;

using Lines = std::vector<std::string>;

// --- accounting ---

struct Account {
	uint64_t delivered, lagged, failed, in_hand;
	bool operator==(const Account&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Account& a) {
	return out << "delivered " << a.delivered << " lagged " << a.lagged << " failed " << a.failed << " in hand "
	           << a.in_hand;
}
Account account(const RunnerFixture& runner) {
	return {runner.count(&RunnerPage::delivered), runner.count(&RunnerPage::lagged), runner.count(&RunnerPage::failed),
	        runner.count(&RunnerPage::in_hand)};
}

struct Case {
	const char* what;
	const char* plugin;
	const char* config;
	uint64_t waiting; // events in the ring, of 64 slots, before the plugin starts
	Account first;    // once these are settled
	uint64_t later;   // events after that
	Account at_end;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.what; }

const Case cases[] = {
    {"no flush: delivered at once", "scripted-without-flush", "", 40, {40, 0, 0, 0}, 5, {45, 0, 0, 0}},
    {"delivered by the flush", "scripted", "", 40, {40, 0, 0, 0}, 5, {45, 0, 0, 0}},
    {"a flush fails", "scripted", R"("flush": [-3])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"a flush throws", "scripted", R"("flush": [99])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"a flush is fatal", "scripted", R"("flush": [-6])", 40, {0, 0, 40, 0}, 5, {0, 0, 45, 0}},
    {"a batch fails", "scripted", R"("batch": [-3])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"a batch fails, no flush", "scripted-without-flush", R"("batch": [-3])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"a batch throws", "scripted", R"("batch": [99])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"an unknown status is a failure", "scripted", R"("batch": [17])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"a batch is fatal", "scripted", R"("batch": [-6])", 40, {0, 0, 40, 0}, 5, {0, 0, 45, 0}},
    {"fatal, no flush", "scripted-without-flush", R"("batch": [-6])", 40, {0, 0, 40, 0}, 5, {0, 0, 45, 0}},
    {"retried", "scripted", R"("batch": [1, 1, 1])", 40, {40, 0, 0, 0}, 5, {45, 0, 0, 0}},
    {"retried, no flush", "scripted-without-flush", R"("batch": [1, 1, 1])", 40, {40, 0, 0, 0}, 5, {45, 0, 0, 0}},
    {"retried, then failing", "scripted", R"("batch": [1, 1, -3])", 40, {0, 0, 40, 0}, 5, {5, 0, 40, 0}},
    {"retried, then fatal", "scripted", R"("batch": [1, 1, -6])", 40, {0, 0, 40, 0}, 5, {0, 0, 45, 0}},
    {"lagged", "scripted", "", 163, {63, 100, 0, 0}, 5, {68, 100, 0, 0}},
    {"lagged and failing", "scripted", R"("batch": [-3])", 163, {0, 100, 63, 0}, 5, {5, 100, 63, 0}},
    {"takes no events", "scripted-without-events", "", 40, {0, 0, 0, 0}, 5, {0, 0, 0, 0}},
};

BOOST_DATA_TEST_CASE(each_event_is_accounted_for_once, data::make(cases), c) {
	RingWriter writer(2, 64);
	writer.write_numbered(1, c.waiting);
	RunnerFixture runner(writer, c.plugin, c.config);
	const std::optional<PluginTraits> traits = decode_traits(runner.expect(MessageType::ready).body);
	BOOST_REQUIRE(traits.has_value());
	BOOST_TEST(traits->id == "scripted");
	BOOST_TEST(traits->version == "1.2.3");
	BOOST_TEST(traits->takes_events == (std::string(c.plugin) != "scripted-without-events"));
	BOOST_TEST(runner.run_until([&] { return account(runner) == c.first; }));
	BOOST_TEST(account(runner) == c.first);
	writer.write_numbered(1, c.later);
	runner.end();
	BOOST_TEST(account(runner) == c.at_end);
	if (traits->takes_events)
		BOOST_TEST(runner.page().cursor[1].load() == writer.head(1));
	BOOST_TEST(runner.trace().back() == "destroy");
}

BOOST_AUTO_TEST_CASE(a_held_batch_is_in_hand_and_is_not_flushed_as_delivered) {
	RingWriter writer(1, 64);
	std::string retries = "1";
	for (int i = 0; i < 200; ++i)
		retries += ", 1";
	writer.write_numbered(0, 10);
	RunnerFixture runner(writer, "scripted", R"("batch": [)" + retries + "]");
	runner.expect(MessageType::ready);
	BOOST_TEST(runner.run_until([&] { return runner.trace_of("batch").size() > 20; }));
	BOOST_TEST(account(runner) == (Account{0, 0, 0, 10}));
	runner.end();
	BOOST_TEST(account(runner) == (Account{10, 0, 0, 0}));
	// Always the same batch, until it was taken.
	const Lines batches = runner.trace_of("batch");
	BOOST_TEST(batches.size() == 202u);
	BOOST_TEST(batches.front().substr(0, 40) == batches.back().substr(0, 40));
}

BOOST_AUTO_TEST_CASE(batches_are_contiguous_and_tell_what_was_lost_before) {
	RingWriter writer(2, 64);
	writer.write_numbered(0, 163);
	writer.write_numbered(1, 3);
	RunnerFixture runner(writer, "scripted-without-flush", "");
	runner.expect(MessageType::ready);
	BOOST_TEST(runner.run_until([&] { return runner.count(&RunnerPage::delivered) == 66; }));
	writer.write_numbered(0, 2);
	BOOST_TEST(runner.run_until([&] { return runner.count(&RunnerPage::delivered) == 68; }));
	runner.end();
	const auto last = [](uint32_t ring, uint64_t sequence) { return std::to_string(event_words(ring, sequence)[0]); };
	BOOST_TEST(runner.trace_of("batch ring 0 first 100 ").at(0) ==
	           "batch ring 0 first 100 count 63 lost 100 stride 64 clock sane last " + last(0, 162) + " 0");
	BOOST_TEST(runner.trace_of("batch ring 1 ").at(0) ==
	           "batch ring 1 first 0 count 3 lost 0 stride 64 clock sane last " + last(1, 2) + " 0");
	BOOST_TEST(runner.trace_of("batch ring 0 first 163 ").at(0).find("count 2 lost 0 ") != std::string::npos);
}

// --- creation ---

struct Refusal {
	const char* config;
	int32_t status;
	const char* reason;
};
std::ostream& operator<<(std::ostream& out, const Refusal& c) { return out << c.config; }

const Refusal refusals[] = {
    {R"("create": -1, "text": "no such rule")", TMON_E_CONFIG, "no such rule"},
    {R"("create": -3, "text": "disk on fire")", TMON_E_IO, "disk on fire"},
    {R"("create": -1)", TMON_E_CONFIG, "its configuration is wrong"},
    {R"("create": -42)", -42, "unknown status"},
};

BOOST_DATA_TEST_CASE(a_plugin_that_refuses_to_be_made_says_why, data::make(refusals), c) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", c.config);
	const Message refused = runner.expect(MessageType::refused);
	BOOST_TEST(refused.value == c.status);
	BOOST_TEST(refused.body == c.reason);
	BOOST_TEST(runner.trace().empty());
}

BOOST_AUTO_TEST_CASE(a_runner_without_a_sound_setup_says_so_too) {
	for (const bool damaged : {false, true}) {
		int ends[2];
		BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
		Fd ours(ends[0]), theirs(ends[1]);
		const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
		const int descriptors[] = {null.get(), null.get(), null.get(), null.get()};
		send_message(ours.get(), MessageType::setup, 0, {}, std::span(descriptors, damaged ? 4u : 0u), 0);
		std::thread thread = start_runner_thread(std::move(theirs));
		const std::optional<Message> refused = receive_message(ours.get(), 0);
		thread.join();
		BOOST_REQUIRE(refused.has_value());
		BOOST_TEST((refused->type == MessageType::refused));
		BOOST_TEST(!refused->body.empty());
	}
}

// --- services ---

BOOST_AUTO_TEST_CASE(a_granted_file_reaches_the_plugin_and_what_came_meanwhile_is_not_lost) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("open": "some/path", "mode": 1)");
	const Message asked = runner.expect(MessageType::open);
	BOOST_TEST(asked.body == "some/path");
	BOOST_TEST(asked.value == static_cast<int32_t>(TMON_OPEN_APPEND));
	// The plugin is inside create now.
	runner.tick(5);
	runner.tick(6);
	const auto path = runner.directory() / "granted";
	const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	runner.send(MessageType::opened, {}, TMON_OK, file.get());
	runner.expect(MessageType::ready);
	runner.end();
	BOOST_TEST(read_file(path) == "opened\n");
	const Lines ticks = runner.trace_of("tick");
	BOOST_REQUIRE(ticks.size() == 2u);
	BOOST_TEST(ticks[0].starts_with("tick flags 5 seen 4711"));
	BOOST_TEST(ticks[1].starts_with("tick flags 6 "));
	BOOST_TEST(runner.logged() == "made of eth7\n");
}

BOOST_AUTO_TEST_CASE(a_denied_file_is_denied) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("open": "p")");
	runner.expect(MessageType::open);
	runner.send(MessageType::opened, "not yours", TMON_E_DENIED);
	runner.expect(MessageType::ready);
	runner.end();
	BOOST_TEST(runner.trace().front() == "open -7");
}

BOOST_AUTO_TEST_CASE(the_host_may_say_finish_while_a_flush_opens_a_file) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("open_in_flush": "p")");
	runner.expect(MessageType::ready);
	// Whenever the plugin asks, something of importance comes before the answer.
	runner.expect(MessageType::open);
	runner.drain();
	runner.send(MessageType::opened, "no", TMON_E_IO);
	runner.expect(MessageType::open); // the flush after on_end
	runner.send(MessageType::finish);
	runner.send(MessageType::opened, "no", TMON_E_IO);
	runner.expect(MessageType::drained);
	runner.expect(MessageType::ended);
	BOOST_TEST(runner.trace().back() == "destroy");
}

// --- order at the end ---

BOOST_AUTO_TEST_CASE(at_the_end_come_events_then_on_end_then_a_flush_then_destroy) {
	RingWriter writer(1, 64);
	writer.write_numbered(0, 10);
	RunnerFixture runner(writer, "scripted", "");
	runner.expect(MessageType::ready);
	runner.drain();
	runner.expect(MessageType::drained);
	runner.tick(TMON_TICK_FINAL);
	runner.send(MessageType::finish);
	runner.expect(MessageType::ended);
	const Lines trace = runner.trace();
	const auto at = [&](const char* call, bool last = false) {
		std::size_t found = 0;
		for (std::size_t i = 0; i < trace.size(); ++i) {
			if (trace[i].starts_with(call) && (last || found == 0))
				found = i;
		}
		return found;
	};
	BOOST_TEST(trace.front() == "create");
	BOOST_TEST(at("batch") < at("end"));
	BOOST_REQUIRE(at("end") + 1 < trace.size());
	BOOST_TEST(trace[at("end") + 1] == "flush 0");
	BOOST_TEST(at("end") < at("tick flags 1 "));
	BOOST_TEST(at("tick") < at("flush", true));
	BOOST_TEST(trace.back() == "destroy");
	BOOST_TEST(runner.trace_of("end").size() == 1u);
	BOOST_TEST(runner.trace_of("destroy").size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_runner_whose_host_goes_away_destroys_its_plugin) {
	RingWriter writer(1, 64);
	TempDir outside;
	const std::string trace = (outside / "trace").string();
	{
		// Of two equal keys the later counts.
		RunnerFixture runner(writer, "scripted", R"("trace": ")" + trace + "\"");
		runner.expect(MessageType::ready);
	}
	BOOST_TEST(read_file(trace).ends_with("destroy\n"));
}

// --- alerts ---

BOOST_AUTO_TEST_CASE(alerts_go_out_with_every_field) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("emit": 1)");
	runner.expect(MessageType::ready);
	runner.tick();
	const Message message = runner.expect(MessageType::alert_out);
	const std::optional<DecodedAlert> decoded = decode_alert(message.body);
	BOOST_REQUIRE(decoded.has_value());
	const tmon_alert& alert = decoded->alert;
	const auto text = [](tmon_str value) { return std::string(value.data, value.size); };
	BOOST_TEST(text(alert.emitter) == "under-test"); // whatever the plugin wrote there
	BOOST_TEST(text(alert.rule) == "scripted_rule");
	BOOST_TEST(text(alert.message) == "one line \xe2\x82\xac");
	BOOST_TEST(text(alert.mitre) == "T1046");
	BOOST_TEST(alert.alert_id == 1u);
	BOOST_TEST(alert.state == TMON_ALERT_UPDATE);
	BOOST_TEST(alert.severity == TMON_SEVERITY_HIGH);
	BOOST_TEST(alert.ip_version == 6u);
	BOOST_TEST(alert.confidence == 0.25);
	BOOST_TEST(alert.source[15] == 9);
	BOOST_REQUIRE(alert.victim_count == 2u);
	BOOST_TEST(alert.victims[0][2] == 3);
	BOOST_TEST(alert.victims[1][0] == 15);
	BOOST_REQUIRE(alert.threshold_count == 1u);
	BOOST_TEST(text(alert.threshold[0].name) == "ports");
	BOOST_TEST(alert.threshold[0].value == 10.5);
	BOOST_REQUIRE(alert.observed_count == 2u);
	BOOST_TEST(text(alert.observed[1].name) == "hosts");
	BOOST_TEST(alert.observed[1].value == -1);
	BOOST_TEST(alert.first_seen_ns == 111u);
	BOOST_TEST(alert.last_seen_ns == 222u);
	BOOST_TEST(alert.count == 333u);
	BOOST_TEST(alert.suppressed == 44u);
	BOOST_TEST(alert.lagged_during == 55u);
	runner.end();
	BOOST_TEST(runner.count(&RunnerPage::alerts_emitted) == 1u);
	BOOST_TEST(runner.count(&RunnerPage::alerts_refused) == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_alerts_and_counts_them) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("emit": 5000)");
	runner.expect(MessageType::ready);
	runner.tick();
	// Not reading is what fills the queue.
	const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
	while (runner.trace_of("tick").empty() && std::chrono::steady_clock::now() < deadline)
		std::this_thread::sleep_for(std::chrono::milliseconds(2));
	runner.end();
	uint64_t arrived = 0;
	for (const Message& message : runner.others)
		arrived += message.type == MessageType::alert_out;
	const uint64_t refused = runner.count(&RunnerPage::alerts_refused);
	BOOST_TEST(arrived > 0u);
	BOOST_TEST(refused > 0u);
	BOOST_TEST(runner.count(&RunnerPage::alerts_emitted) == 5000u);
	BOOST_TEST(arrived + refused == 5000u);
	BOOST_TEST(runner.trace_of("tick").at(0).find("refused " + std::to_string(refused) + " ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(alerts_come_in_and_are_counted) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("alert": [0, -3, 99])");
	const std::optional<PluginTraits> traits = decode_traits(runner.expect(MessageType::ready).body);
	BOOST_TEST((traits && traits->takes_alerts && traits->wants_ticks));
	const uint8_t victims[1][16] = {{1}};
	tmon_alert alert{};
	alert.state = TMON_ALERT_CLOSED;
	alert.rule = {"r", 1};
	alert.victims = victims;
	alert.victim_count = 1;
	for (alert.alert_id = 1; alert.alert_id <= 4; ++alert.alert_id)
		runner.send(MessageType::alert_in, encode_alert(alert, "other"));
	runner.send(MessageType::alert_in, "damaged");
	runner.end();
	BOOST_TEST(runner.count(&RunnerPage::alerts_delivered) == 2u);
	BOOST_TEST(runner.count(&RunnerPage::alerts_failed) == 3u);
	const Lines alerts = runner.trace_of("alert");
	BOOST_REQUIRE(alerts.size() == 3u); // the third threw
	BOOST_TEST(alerts[0] == "alert 1 state 2 from other rule r victims 1 0");
	BOOST_TEST(alerts[1] == "alert 2 state 2 from other rule r victims 1 -3");
	BOOST_TEST(alerts[2] == "alert 4 state 2 from other rule r victims 1 0");
	// What alerts have left behind is flushed without any event.
	const Lines trace = runner.trace();
	const auto alert_at = std::find(trace.rbegin(), trace.rend(), alerts[2]);
	BOOST_TEST((std::find(trace.rbegin(), alert_at, "flush 0") != alert_at));
}

struct FatalCase {
	const char* config;
	MessageType message;
};
std::ostream& operator<<(std::ostream& out, const FatalCase& c) { return out << c.config; }
const FatalCase fatal_cases[] = {{R"("tick": [-6])", MessageType::tick}, {R"("alert": [-6])", MessageType::alert_in}};

BOOST_DATA_TEST_CASE(a_fatal_status_of_any_call_ends_the_events, data::make(fatal_cases), c) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", c.config);
	runner.expect(MessageType::ready);
	runner.send(c.message, c.message == MessageType::tick ? "" : encode_alert(tmon_alert{}, "x"));
	BOOST_TEST(runner.run_until([&] { return runner.logged().find("gets no more events") != std::string::npos; }));
	writer.write_numbered(0, 5);
	// Without any message from the host.
	BOOST_TEST(runner.run_until([&] { return account(runner) == Account{0, 0, 5, 0}; }));
	runner.end();
	BOOST_TEST(runner.trace_of("batch").empty());
	BOOST_TEST(runner.trace_of("end").empty());
}

BOOST_AUTO_TEST_CASE(failures_are_logged_with_their_reason_and_not_over_and_over) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("batch": [-3, -3, -3, -3], "text": "disk on fire")");
	runner.expect(MessageType::ready);
	for (uint64_t i = 1; i <= 4; ++i) {
		writer.write_numbered(0, 1);
		BOOST_TEST(runner.run_until([&] { return runner.count(&RunnerPage::failed) == i; }));
	}
	runner.end();
	BOOST_TEST(runner.logged() == "made of eth7\non_batch failed (1 failures so far): disk on fire\n");
}

} // namespace
