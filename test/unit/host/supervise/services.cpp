// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What plugins are told of entries and interfaces that come up while they run, and what becomes of what they ask to have
// blocked; in processes and in threads.
#include "host/runner/block_message.hpp"
#include "host/supervise/supervisor.hpp"
#include "test/support/runner_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <ostream>
#include <sstream>

namespace tmon {
std::ostream& operator<<(std::ostream& out, Isolation isolation) {
	return out << (isolation == Isolation::process ? "process" : "thread");
}
} // namespace tmon

namespace {

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

const Isolation isolations[] = {Isolation::process, Isolation::thread};

std::shared_ptr<const EntryNames> table(uint32_t first, const std::vector<std::string>& names) {
	EntryNamesWriter writer(first);
	for (const std::string& name : names)
		writer.add(name);
	return writer.finish();
}

// A host without events: its plugins act at ticks.
struct Host {
	explicit Host(bool can_block = true)
	    : rings(writer.descriptor()),
	      spawner(Spawner::start(std::filesystem::path(std::getenv("TMON_DIST")) / "libexec/traffic-monitor/plugin-runner")) {
		chmod(dir.path().c_str(), 0777); // runners are other users
		spawner.attach(io);
		Supervisor::Source source{[] {}, [](uint32_t) { return tmon_tick{}; }};
		if (can_block)
			source.block = [this](const PluginConfig& plugin, const BlockRequest& request) {
				asked.emplace_back(plugin.name, request);
				return refusal;
			};
		supervisor.emplace(io, RunnerEnvironment{rings, writer.descriptor(), {{7, "eth7"}}, spawner, std::nullopt},
		                   CrashStore(dir / "crashes", 4), source);
	}
	~Host() { supervisor->finish(10s); }

	PluginConfig plugin(Isolation isolation, const std::string& config, bool may_block = true) const {
		PluginConfig plugin;
		plugin.plugin = "scripted";
		plugin.name = "acts";
		plugin.isolation = isolation;
		plugin.file = RunnerFixture::test_plugin_file("scripted");
		plugin.grants.write_paths = {dir.path()};
		plugin.grants.read_paths = {dir.path()};
		plugin.grants.block = may_block;
		plugin.config_json = R"({"trace": ")" + (dir / "trace").string() + "\", " + config + "}";
		return plugin;
	}
	void start(const PluginConfig& plugin) {
		for (const Supervisor::StartFailure& failure : supervisor->start({plugin}))
			BOOST_FAIL(failure.reason);
	}
	// What the plugin's trace says after one more tick: its lines of that tick without the status.
	std::string tick() {
		const std::string before = read_file(dir / "trace");
		tmon_tick tick{};
		tick.size = sizeof tick;
		supervisor->tick(tick);
		std::string text;
		run_until([&] {
			text = read_file(dir / "trace").substr(before.size());
			return text.find("tick flags") != std::string::npos;
		});
		std::istringstream lines(text.substr(0, text.find("tick flags")));
		std::string said;
		for (std::string line; std::getline(lines, line);)
			said += line.starts_with("flush") ? "" : line + "\n";
		return said;
	}
	template <class Done> void run_until(Done done) {
		const auto deadline = std::chrono::steady_clock::now() + 20s;
		io.restart();
		while (!done()) {
			BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
			io.run_one_for(2ms);
		}
	}
	// Lets everything be handled that has been sent so far.
	void settle() {
		tick();
		for (int i = 0; i < 100; ++i)
			io.poll();
	}

	TempDir dir;
	RingWriter writer{1, 64};
	EventRings rings;
	boost::asio::io_context io{1};
	Spawner spawner;
	std::vector<std::pair<std::string, BlockRequest>> asked;
	std::string refusal;
	std::optional<Supervisor> supervisor;
};

constexpr const char* kMapped = "00000000000000000000ffffcb007107"; // 203.0.113.7

std::string blocking(const std::string& address, int length, int times = 1) {
	return R"("block": [")" + address + "\", " + std::to_string(length) + R"(, 60], "blocks": )" + std::to_string(times);
}

BOOST_DATA_TEST_CASE(what_is_granted_reaches_the_source, data::make(isolations), isolation) {
	Host host;
	host.start(host.plugin(isolation, blocking(kMapped, 120)));
	BOOST_TEST(host.tick() == "block 0\n");
	host.run_until([&] { return !host.asked.empty(); });
	BOOST_TEST(host.asked.size() == 1u);
	const auto& [name, request] = host.asked.front();
	BOOST_TEST(name == "acts");
	BOOST_TEST(to_string(request.prefix) == "203.0.113.0/24");
	BOOST_TEST((request.ttl == 60s));
	BOOST_TEST(request.reason == "two\\x0alines");
	host.refusal = "the list is full";
	host.settle();
	BOOST_TEST(host.asked.size() == 2u);
}

BOOST_DATA_TEST_CASE(what_is_not_possible_is_said_to_the_plugin, data::make(isolations), isolation) {
	{
		Host host;
		host.start(host.plugin(isolation, blocking(kMapped, 129)));
		BOOST_TEST(host.tick() == "block " + std::to_string(TMON_E_INVALID) + "\n");
		host.settle();
		BOOST_TEST(host.asked.empty());
	}
	{
		Host host;
		host.start(host.plugin(isolation, blocking(kMapped, 128), false));
		BOOST_TEST(host.tick() == "block " + std::to_string(TMON_E_DENIED) + "\n");
		host.settle();
		BOOST_TEST(host.asked.empty());
	}
	Host host(false);
	host.start(host.plugin(isolation, blocking(kMapped, 128)));
	BOOST_TEST(host.tick() == "block " + std::to_string(TMON_E_UNSUPPORTED) + "\n");
}

BOOST_AUTO_TEST_CASE(a_flood_of_requests_is_bounded) {
	Host host;
	host.start(host.plugin(Isolation::process, blocking(kMapped, 128, 5000)));
	const auto begun = std::chrono::steady_clock::now();
	host.tick();
	for (int i = 0; i < 1000; ++i)
		host.io.poll();
	const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
	BOOST_TEST(host.asked.size() >= 100u); // how many fit into the queue at once is for the kernel to say
	BOOST_TEST(host.asked.size() <= 256u + 50u * static_cast<std::size_t>(seconds));
}

BOOST_AUTO_TEST_CASE(a_forged_request_is_ignored_unless_it_could_have_been_made) {
	const std::string sound = encode_block({{4, 32, {203, 0, 113, 7}}, 60s, ""});
	const std::string forging = R"("forge_in_tick": [)" + std::to_string(static_cast<uint32_t>(MessageType::block_request)) + "]";
	for (const bool granted : {true, false}) {
		for (const bool is_sound : {true, false}) {
			Host host;
			const auto file = host.dir.write("request", is_sound ? sound : sound.substr(1));
			host.start(host.plugin(Isolation::process, forging + R"(, "forge_from": ")" + file.string() + "\"", granted));
			host.settle();
			host.settle();
			BOOST_TEST(host.asked.empty() == !(granted && is_sound));
		}
	}
	Host host(false);
	const auto file = host.dir.write("request", sound);
	host.start(host.plugin(Isolation::process, forging + R"(, "forge_from": ")" + file.string() + "\""));
	host.settle();
	BOOST_TEST(host.supervisor->deaths().empty());
}

// --- names ---

BOOST_DATA_TEST_CASE(names_of_entries_come_with_each_generation, data::make(isolations), isolation) {
	Host host;
	host.supervisor->set_entry_names(table(1, {"first", "second"}));
	host.start(host.plugin(isolation, R"("name": 2)"));
	BOOST_TEST(host.tick() == "entry second\n");
	for (uint32_t i = 0; i < kEntryNameTables - 1; ++i)
		host.supervisor->set_entry_names(table(100 + i, {"later"}));
	BOOST_TEST(host.tick() == "entry second\n");

	Host next;
	next.start(next.plugin(isolation, R"("name": 107)"));
	BOOST_TEST(next.tick() == "entry \n");
	for (uint32_t i = 0; i < 20; ++i)
		next.supervisor->set_entry_names(table(100 + i, {"of " + std::to_string(i)}));
	BOOST_TEST(next.tick() == "entry \n"); // it is one of those that have been forgotten
	next.supervisor->set_entry_names(table(107, {"again"}));
	BOOST_TEST(next.tick() == "entry again\n");
}

BOOST_DATA_TEST_CASE(names_of_interfaces_that_come_up_are_known, data::make(isolations), isolation) {
	Host host;
	host.supervisor->add_interface({8, "early"});
	host.start(host.plugin(isolation, R"("interface": 8)"));
	BOOST_TEST(host.tick() == "interface early\n");
	host.supervisor->add_interface({8, "renamed-to-be-longer-than-a-short-string"});
	BOOST_TEST(host.tick() == "interface renamed-to-be-longer-than-a-short-string\n");
}

BOOST_AUTO_TEST_CASE(a_policy_names_what_events_can_be_about) {
	Policy policy;
	policy.entries = {{{4, 8, {10}}, EntryClass::permitted, "lan", {}},
	                  {{4, 24, {203, 0, 113}}, EntryClass::denied, "", {}},
	                  {{4, 32, {10, 0, 0, 1}}, EntryClass::never_drop, "gateway", {}}};
	const auto names = name_entries(policy, 40);
	EntryNameTables tables;
	BOOST_REQUIRE(tables.add(Fd(fcntl(names->descriptor(), F_DUPFD_CLOEXEC, 0))));
	// No event is about what is permitted: those have no ids.
	BOOST_TEST(tables.find(40) == "203.0.113.0/24");
	BOOST_TEST(tables.find(41) == "gateway");
	BOOST_TEST(tables.find(42) == "");
}

// An event can be read before the message with its name: announced, and still on its way.
BOOST_AUTO_TEST_CASE(a_name_that_is_announced_is_waited_for) {
	RingWriter writer(1, 64);
	RunnerFixture runner(writer, "scripted", R"("name": 9)");
	runner.expect(MessageType::ready);
	// Unknown, and nothing announced: at once.
	runner.tick();
	BOOST_TEST(runner.run_until([&] { return runner.trace_of("tick").size() == 1; }));
	BOOST_TEST(runner.trace_of("entry").at(0) == "entry ");

	const auto names = table(9, {"nine"});
	runner.page().names.fetch_add(1);
	runner.tick();
	BOOST_TEST(runner.run_until([&] { return runner.page().call.load() == static_cast<uint32_t>(Call::on_tick); }));
	// Something else comes first, and is not lost.
	runner.send(MessageType::reconfigure, "{}");
	runner.send(MessageType::entry_names, {}, 0, names->descriptor());
	BOOST_TEST(runner.run_until([&] { return runner.trace_of("tick").size() == 2; }));
	BOOST_TEST(runner.trace_of("entry").at(1) == "entry nine");
	const bool answered = std::any_of(runner.others.begin(), runner.others.end(), [](const Message& message) {
		return message.type == MessageType::reconfigured;
	});
	if (!answered)
		runner.expect(MessageType::reconfigured);

	// One that never comes is waited for once.
	runner.page().names.fetch_add(1);
	runner.send(MessageType::entry_names, "damaged");
	runner.page().names.fetch_add(1);
	for (int i = 3; i < 6; ++i)
		runner.tick();
	BOOST_TEST(runner.run_until([&] { return runner.trace_of("tick").size() == 5; }));
	BOOST_TEST(runner.trace_of("entry").at(4) == "entry nine");
	BOOST_TEST(runner.run_until([&] { return runner.logged().find("their table is damaged") != std::string::npos; }));
	runner.end();
}

} // namespace
