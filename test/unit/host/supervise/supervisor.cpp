// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins started, fed, woken and ended together, in processes and in threads; and their accounts, also when
// a page lies or a runner dies.
#include "host/config/document.hpp"
#include "host/config/named_files.hpp"
#include "host/recording/recording.hpp"
#include "host/supervise/supervisor.hpp"
#include "test/support/process.hpp"
#include "test/support/privileged.hpp"
#include "test/support/ring_writer.hpp"
#include "test/support/runner_fixture.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <atomic>
#include <fstream>
#include <ostream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

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

InstalledTree tree() {
	const std::filesystem::path dist = std::getenv("TMON_DIST");
	return {TMON_TEST_PLUGINS, dist / "libexec/traffic-monitor/plugin-runner"};
}

// Processes whose parent is `pid`.
std::size_t children_of(pid_t pid) {
	std::size_t count = 0;
	for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
		const std::string name = entry.path().filename();
		if (name.find_first_not_of("0123456789") != std::string::npos)
			continue;
		const std::string status = read_file(entry.path() / "status");
		count += status.find("\nPPid:\t" + std::to_string(pid) + "\n") != std::string::npos;
	}
	return count;
}

std::size_t open_descriptors() {
	std::size_t count = 0;
	for (int fd = 0; fd < 1024; ++fd)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

// A host without a source but `writer`: what the doorbell of the kernel program does is done here.
struct Host {
	explicit Host(uint64_t slots = 4096, uint32_t count = 2, const std::string& runner = tree().runner)
	    : writer(count, slots), rings(writer.descriptor()), spawner(Spawner::start(runner)),
	      bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), bell_wait_(io, dup(bell_.get())) {
		chmod(dir.path().c_str(), 0777); // runners are other users
		spawner.attach(io);
		const auto arm = [this] {
			armed_.store(1, std::memory_order_seq_cst);
			std::atomic_thread_fence(std::memory_order_seq_cst);
			++arms;
		};
		supervisor.emplace(io, environment(), CrashStore(crashes.path(), 4),
		                   Supervisor::Source{arm, [](uint32_t flags) {
			                                      tmon_tick tick{};
			                                      tick.size = sizeof tick;
			                                      tick.flags = flags;
			                                      return tick;
		                                      }});
		wait_for_bell();
	}

	RunnerEnvironment environment() {
		return {rings, writer.descriptor(), std::vector<Interface>{{7, "eth7"}}, spawner, std::nullopt};
	}

	std::string trace_path(const std::string& name) const { return (dir / (name + ".trace")).string(); }
	PluginConfig plugin(const std::string& name, Isolation isolation, const std::string& config = "",
	                    const std::string& id = "scripted") const {
		PluginConfig plugin;
		plugin.plugin = id;
		plugin.name = name;
		plugin.isolation = isolation;
		plugin.file = RunnerFixture::test_plugin_file(id);
		plugin.grants.write_paths = {dir.path()};
		plugin.config_json = R"({"trace": ")" + trace_path(name) + "\"" + (config.empty() ? "" : ", " + config) + "}";
		const Sources sources("config", plugin.config_json);
		plugin.config_paths = named_files(*parse_document(plugin.config_json, sources).root, nullptr);
		return plugin;
	}
	std::vector<std::string> trace(const std::string& name, const std::string& call = "") const {
		std::istringstream text(read_file(trace_path(name)));
		std::vector<std::string> lines;
		for (std::string line; std::getline(text, line);) {
			if (line.starts_with(call))
				lines.push_back(line);
		}
		return lines;
	}

	// As bpf/report.bpf.h does it after publishing. [any-thread]
	void ring() {
		std::atomic_thread_fence(std::memory_order_seq_cst);
		if (armed_.load(std::memory_order_seq_cst) == 0 || armed_.exchange(0, std::memory_order_seq_cst) == 0)
			return;
		const uint64_t one = 1;
		(void)!write(bell_.get(), &one, sizeof one);
	}
	void publish(uint32_t ring_index, uint64_t count) {
		for (uint64_t i = 0; i < count; ++i) {
			writer.write_numbered(ring_index);
			ring();
		}
	}

	template <class Done> bool run_until(Done done, std::chrono::milliseconds limit = 20s) {
		const auto deadline = std::chrono::steady_clock::now() + limit;
		io.restart();
		while (!done()) {
			if (std::chrono::steady_clock::now() > deadline)
				return false;
			io.run_one_for(2ms);
		}
		return true;
	}
	std::vector<uint64_t> heads() const {
		std::vector<uint64_t> heads;
		for (uint32_t ring = 0; ring < rings.rings(); ++ring)
			heads.push_back(rings.head(ring));
		return heads;
	}
	Totals totals() const {
		Totals totals;
		supervisor->add_totals(totals);
		return totals;
	}
	void end() {
		BOOST_TEST(supervisor->drain(heads(), 10s).empty());
		supervisor->finish(10s);
		BOOST_TEST(!supervisor->is_stuck());
		BOOST_TEST(children_of(spawner.pid()) == 0u);
	}

	TempDir dir, crashes;
	RingWriter writer;
	EventRings rings;
	boost::asio::io_context io{1};
	Spawner spawner;
	std::optional<Supervisor> supervisor;
	uint64_t arms = 0, rings_heard = 0;

private:
	void wait_for_bell() {
		bell_wait_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
			if (failed)
				return;
			uint64_t rung;
			(void)!read(bell_.get(), &rung, sizeof rung);
			++rings_heard;
			supervisor->wake_sleepers();
			wait_for_bell();
		});
	}

	std::atomic<uint64_t> armed_{0};
	Fd bell_;
	boost::asio::posix::stream_descriptor bell_wait_;
};

BOOST_DATA_TEST_CASE(a_run_from_start_to_end, data::make(isolations), isolation) {
	const std::size_t before = open_descriptors();
	{
		Host host;
		host.publish(0, 5); // before the start: not offered
		BOOST_REQUIRE(host.supervisor->start({host.plugin("a", isolation), host.plugin("b", isolation)}).empty());
		host.publish(0, 10);
		host.publish(1, 20);
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].delivered == 30; }));
		host.end();
		const Totals totals = host.totals();
		BOOST_TEST(imbalances(totals).empty() == true);
		for (const PluginTotals& plugin : totals.plugins) {
			BOOST_TEST(plugin.offered == 30u);
			BOOST_TEST(plugin.delivered == 30u);
			BOOST_TEST(plugin.pending == 0u);
		}
		BOOST_TEST(host.trace("a").back() == "destroy");
		BOOST_TEST(host.supervisor->lost().empty());
	}
	// In a thread the plugin's own file stays open; see plugin_module.hpp.
	BOOST_TEST(open_descriptors() == before + (isolation == Isolation::thread ? 2 : 0));
}

BOOST_DATA_TEST_CASE(a_start_that_fails_leaves_no_child_process, data::make(isolations), isolation) {
	const auto start = [&](const auto& plugins) {
		Host host;
		auto failures = host.supervisor->start(plugins(host, isolation));
		BOOST_TEST(children_of(host.spawner.pid()) == 0u);
		for (const std::string& line : host.trace("good"))
			BOOST_TEST(!line.starts_with("batch"));
		if (!host.trace("good").empty())
			BOOST_TEST(host.trace("good").back() == "destroy");
		return failures;
	};
	auto failures = start([](const Host& host, Isolation how) {
		return std::vector{host.plugin("good", how),
		                   host.plugin("bad", how, R"("create": -1, "text": "no\u001bsuch rule")")};
	});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].plugin.name == "bad");
	BOOST_TEST(failures[0].status == TMON_E_CONFIG);
	BOOST_TEST(failures[0].reason == "no\\x1bsuch rule");
}

BOOST_AUTO_TEST_CASE(a_runner_that_cannot_be_started_is_a_failure) {
	Host host(4096, 2, "/no/such/runner");
	const auto failures = host.supervisor->start({host.plugin("a", Isolation::process)});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].reason.find("/no/such/runner") != std::string::npos);
	BOOST_TEST(failures[0].reason.find("No such file or directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_crash_is_failed_saved_and_started_again) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("dies", Isolation::process, R"("abort_at": 2)"),
	                           host.plugin("lives", Isolation::process)})
	                  .empty());
	host.publish(0, 10);
	BOOST_TEST(host.run_until([&] { return host.totals().plugins[0].delivered == 10; }));
	const auto crash = std::chrono::steady_clock::now();
	host.publish(0, 7);
	BOOST_TEST(host.run_until([&] { return host.trace("dies", "create").size() == 2; }));
	BOOST_TEST((std::chrono::steady_clock::now() - crash < 1s));
	host.publish(1, 3);
	BOOST_TEST(host.run_until([&] { return host.totals().plugins[0].delivered == 13; }));
	host.end();
	const Totals totals = host.totals();
	BOOST_TEST(totals.plugins[0].offered == 20u);
	BOOST_TEST(totals.plugins[0].failed == 7u);
	BOOST_TEST(totals.plugins[0].restarts == 1u);
	BOOST_TEST(totals.plugins[1].delivered == 20u);
	BOOST_TEST(totals.plugins[1].restarts == 0u);
	for (const std::string& line : imbalances(totals))
		BOOST_ERROR(line);
	BOOST_TEST(host.supervisor->lost().empty());

	std::vector<std::filesystem::path> saved;
	for (const auto& entry : std::filesystem::directory_iterator(host.crashes.path()))
		saved.push_back(entry.path());
	BOOST_REQUIRE(saved.size() == 1u);
	const Recording recording = read_recording(saved[0]);
	BOOST_TEST(recording.plugin_id == "scripted");
	BOOST_TEST(recording.instance == "dies");
	BOOST_TEST(recording.reason == "in on_batch: its runner exited with status 7");
	BOOST_REQUIRE(recording.batches.size() == 1u);
	BOOST_TEST(recording.batches[0].ring == 0u);
	BOOST_TEST(recording.batches[0].first_seq == 10u);
	BOOST_REQUIRE(recording.batches[0].events.size() == 7u);
	for (uint64_t i = 0; i < 7; ++i)
		BOOST_TEST(is_event(&recording.batches[0].events[i], 0, 10 + i));
}

BOOST_AUTO_TEST_CASE(who_crashes_five_times_in_a_minute_is_not_started_again) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("dies", Isolation::process, R"("abort_at": 1)"),
	                           host.plugin("lives", Isolation::process)})
	                  .empty());
	uint64_t published = 0;
	BOOST_TEST(host.run_until(
	    [&] {
		    if (host.trace("dies", "create").size() > published) { // it runs: kill it again
			    host.publish(0, 1);
			    ++published;
		    }
		    return !host.supervisor->lost().empty();
	    },
	    40s));
	BOOST_TEST(published == 5u);
	host.publish(0, 4);
	host.end();
	const Totals totals = host.totals();
	BOOST_TEST(totals.plugins[0].restarts == 4u);
	BOOST_TEST(totals.plugins[0].failed == 9u);
	BOOST_TEST(totals.plugins[1].delivered == 9u);
	BOOST_TEST(host.supervisor->lost() == std::vector<std::string>{"dies"}, boost::test_tools::per_element());
	// Of five crashes four files are kept.
	BOOST_TEST(std::distance(std::filesystem::directory_iterator(host.crashes.path()), {}) == 4);
}

BOOST_DATA_TEST_CASE(alerts_are_routed_to_all_who_take_them, data::make(isolations), isolation) {
	Host host;
	BOOST_REQUIRE(
	    host.supervisor
	        ->start({host.plugin("emitter", isolation, R"("emit": 3)"), host.plugin("taker", isolation)})
	        .empty());
	tmon_tick tick{};
	tick.size = sizeof tick;
	host.supervisor->tick(tick);
	BOOST_TEST(host.run_until([&] { return host.trace("taker", "alert").size() == 3; }));
	host.end();
	BOOST_TEST(host.trace("taker", "alert").at(0) == "alert 1 state 1 from emitter rule scripted_rule victims 2 0");
	const Totals totals = host.totals();
	BOOST_TEST(totals.alerts.emitted == 3u);
	BOOST_TEST(totals.alerts.accepted == 3u);
	BOOST_TEST(totals.plugins[1].alerts_delivered == 3u);
	BOOST_TEST(imbalances(totals).empty());
}

BOOST_AUTO_TEST_CASE(a_flood_of_alerts_leaves_room_for_those_of_others) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("flood", Isolation::process, R"("emit": 2000)"),
	                           host.plugin("taker", Isolation::process),
	                           host.plugin("modest", Isolation::process, R"("emit": 3)")})
	                  .empty());
	tmon_tick tick{};
	tick.size = sizeof tick;
	auto last = std::chrono::steady_clock::now();
	BOOST_TEST(host.run_until([&] {
		if (const auto now = std::chrono::steady_clock::now(); now - last >= 10ms) {
			host.supervisor->tick(tick); // who has not read the one before does not get it
			last = now;
		}
		return host.totals().alerts.accepted > 0 && host.totals().alerts.refused > 40'000;
	}));
	BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].alerts_pending == 0; }));
	host.end();
	const Totals totals = host.totals();
	const std::size_t ticks = host.trace("modest", "tick").size();
	std::size_t from_modest = 0;
	for (const std::string& line : host.trace("taker", "alert"))
		from_modest += line.find(" from modest ") != std::string::npos;
	BOOST_TEST(from_modest == 3 * ticks);
	BOOST_TEST(totals.plugins[1].alerts_failed == 0u);
	BOOST_TEST(totals.alerts.emitted == 2000 * host.trace("flood", "tick").size() + 3 * ticks);
	BOOST_TEST(totals.alerts.refused > 0u);
	BOOST_TEST(totals.alerts.accepted < 2048 + 200 * 20 + 3 * ticks);
	BOOST_TEST(imbalances(totals).empty());
}

BOOST_AUTO_TEST_CASE(a_plugin_that_gives_up_is_remembered_to_the_end) {
	for (const Isolation isolation : {Isolation::process, Isolation::thread}) {
		Host host;
		BOOST_REQUIRE(
		    host.supervisor->start({host.plugin("stops", isolation, R"("batch": [-6])"), host.plugin("lives", isolation)})
		        .empty());
		host.publish(0, 10);
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[0].failed == 10; }));
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].delivered == 10; }));
		BOOST_TEST(host.supervisor->lost().empty()); // it still answers
		host.publish(1, 5);
		host.end();
		BOOST_TEST(host.supervisor->lost() == std::vector<std::string>{"stops"}, boost::test_tools::per_element());
		const Totals totals = host.totals();
		BOOST_TEST(totals.plugins[0].failed == 15u);
		BOOST_TEST(totals.plugins[1].delivered == 15u);
		BOOST_TEST(imbalances(Totals{.packets = {}, .reported = 0, .interfaces = {}, .plugins = totals.plugins, .alerts = totals.alerts}).empty());
	}
}

BOOST_AUTO_TEST_CASE(a_lying_page_is_bounded_by_what_is_known) {
	Host host;
	// The page reaches us the way it reaches a plugin: found among the open files.
	BOOST_REQUIRE(host.supervisor->start({host.plugin("a", Isolation::thread)}).empty());
	int page_fd = -1;
	for (int fd = 0; fd < 1024; ++fd) {
		std::error_code error;
		const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
		if (target.find("runner-page") != std::string::npos)
			page_fd = fd;
	}
	BOOST_REQUIRE(page_fd >= 0);
	RunnerPageMapping page(page_fd);
	host.writer.write_numbered(0, 100);
	const uint64_t nonsense[] = {0, 1, 50, 101, UINT64_MAX, UINT64_MAX - 7, 1ull << 63};
	for (const uint64_t cursor : nonsense) {
		for (const uint64_t in_hand : nonsense) {
			page->cursor[0] = cursor;
			page->cursor[1] = cursor;
			page->in_hand = in_hand;
			page->delivered = in_hand;
			page->alerts_delivered = cursor;
			page->alerts_failed = in_hand;
			page->log_lines_lost = cursor;
			const PluginTotals totals = host.totals().plugins[0];
			BOOST_TEST(totals.offered == 100u);
			BOOST_TEST(totals.delivered + totals.lagged + totals.failed + totals.pending == 100u);
			BOOST_TEST(totals.alerts_pending == 0u);
			BOOST_TEST(totals.alerts_delivered == 0u);
			BOOST_TEST(host.supervisor->lines_lost() <= uint64_t{1} << 40); // or the sum over all could run over
		}
	}
	// In the end nothing that it says counts, and that is remembered.
	host.supervisor->drain(host.heads(), 200ms);
	host.supervisor->finish(10s);
	BOOST_TEST(host.totals().plugins[0].failed == 100u);
	BOOST_TEST(host.supervisor->lost() == std::vector<std::string>{"a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_reload_is_over_when_the_last_plugin_is_reconfigured) {
	struct {
		int32_t status;
		std::size_t reconfigured, replaced, failed, creates;
	} const cases[] = {{TMON_OK, 1, 0, 0, 1}, {TMON_E_UNSUPPORTED, 0, 1, 0, 2}, {TMON_E_CONFIG, 0, 0, 1, 1}};
	for (const auto& c : cases) {
		Host host;
		BOOST_REQUIRE(
		    host.supervisor->start({host.plugin("a", Isolation::process, "", "scripted-reconfigures")}).empty());
		std::optional<ReloadResult> result;
		const std::string config = "\"reconfigure\": " + std::to_string(c.status);
		host.supervisor->reload({host.plugin("a", Isolation::process, config, "scripted-reconfigures")},
		                        [&](const ReloadResult& r) { result = r; });
		BOOST_REQUIRE(host.run_until([&] { return result.has_value(); }));
		BOOST_TEST(!host.supervisor->is_reloading());
		BOOST_TEST(result->reconfigured.size() == c.reconfigured);
		BOOST_TEST(result->replaced.size() == c.replaced);
		BOOST_TEST(result->failures.size() == c.failed);
		BOOST_TEST(host.trace("a", "create").size() == c.creates);
		host.end();
	}
}

BOOST_AUTO_TEST_CASE(a_plugin_that_is_removed_leaves_its_figures_and_nothing_else) {
	Host host;
	const PluginConfig stays = host.plugin("stays", Isolation::process), goes = host.plugin("goes", Isolation::process);
	const auto delivered = [&](std::size_t index) { return host.totals().plugins[index].delivered; };
	const auto reload = [&](const std::vector<PluginConfig>& plugins) {
		bool done = false;
		host.supervisor->reload(plugins, [&](const ReloadResult& result) {
			BOOST_TEST(result.failures.empty());
			done = true;
		});
		BOOST_REQUIRE(host.run_until([&] { return done; }));
	};
	BOOST_REQUIRE(host.supervisor->start({stays, goes}).empty());
	host.publish(0, 10);
	BOOST_REQUIRE(host.run_until([&] { return delivered(0) == 10 && delivered(1) == 10; }));

	std::vector<std::weak_ptr<const PluginFile>> files;
	for (uint64_t round = 1; round <= 3; ++round) {
		reload({stays});
		BOOST_REQUIRE(host.run_until([&] { return children_of(host.spawner.pid()) == 1u; }));
		host.publish(0, 5); // which are not for who has gone
		BOOST_REQUIRE(host.run_until([&] { return delivered(0) == 10 + 15 * round - 10; }));
		PluginConfig again = goes;
		again.file = std::shared_ptr<const PluginFile>(goes.file.get(), [keep = goes.file](const PluginFile*) {});
		files.push_back(again.file);
		reload({stays, again});
		host.publish(0, 10);
		BOOST_REQUIRE(host.run_until([&] { return delivered(0) == 10 + 15 * round && delivered(1) == 10 + 10 * round; }));
	}
	reload({stays});
	// It is forgotten by the first reload after its end.
	BOOST_TEST(test::eventually([&] {
		reload({stays});
		return files.back().expired();
	}));
	for (const auto& file : files)
		BOOST_TEST(file.expired());
	const Totals totals = host.totals();
	BOOST_REQUIRE(totals.plugins.size() == 2u);
	BOOST_TEST(totals.plugins[1].name == "goes");
	BOOST_TEST(totals.plugins[1].offered == 40u);
	BOOST_TEST(totals.plugins[1].failed == 0u);
	host.end();
}

// The configuration of a plugin that writes `count` messages of that type to the host behind the runner's back.
std::string forging(MessageType type, int count, const std::string& file) {
	std::string list = std::to_string(static_cast<uint32_t>(type));
	for (int i = 1; i < count; ++i)
		list += ", " + std::to_string(static_cast<uint32_t>(type));
	return R"("file": ")" + file + R"(", "forge": [)" + list + "]";
}

BOOST_AUTO_TEST_CASE(forged_messages_harm_nobody_else) {
	const MessageType types[] = {MessageType::setup,   MessageType::finish, MessageType::log,   MessageType::alert_out,
	                             MessageType::open,    MessageType::drained, MessageType::ended, MessageType::asleep,
	                             MessageType::opened,  static_cast<MessageType>(4711)};
	for (const MessageType type : types) {
		BOOST_TEST_CONTEXT("type " << static_cast<uint32_t>(type)) {
			Host host;
			const std::string file = (host.dir / "granted").string();
			const auto failures = host.supervisor->start(
			    {host.plugin("forger", Isolation::process, forging(type, 1, file)),
			     host.plugin("honest", Isolation::process)});
			BOOST_TEST(failures.empty());
			host.publish(0, 10);
			host.end();
			BOOST_TEST(host.totals().plugins[1].delivered == 10u);
			BOOST_TEST(imbalances(host.totals()).empty());
		}
	}
}

BOOST_AUTO_TEST_CASE(a_plugin_that_says_it_has_failed_is_believed) {
	Host host;
	const auto failures =
	    host.supervisor->start({host.plugin("a", Isolation::process, forging(MessageType::refused, 1, "why"))});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].reason == "why");
	BOOST_TEST(children_of(host.spawner.pid()) == 0u);
}

BOOST_AUTO_TEST_CASE(who_wants_ticks_at_another_interval_gets_only_those_and_the_last) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("fast", Isolation::process, "", "scripted-with-interval"),
	                           host.plugin("plain", Isolation::process)})
	                  .empty());
	tmon_tick tick{};
	tick.size = sizeof tick;
	tick.seen = 4711; // those that the host makes at the plugin's interval have seen nothing
	host.supervisor->tick(tick);
	BOOST_TEST(host.run_until([&] { return host.trace("fast", "tick").size() >= 3; }));
	BOOST_TEST(host.trace("plain", "tick").size() == 1u);
	BOOST_TEST(host.trace("plain", "tick flags 0 seen 4711 ").size() == 1u);
	BOOST_TEST(host.trace("fast", "tick flags 0 seen 4711 ").empty());
	host.supervisor->drain(host.heads(), 10s);
	tick.flags = TMON_TICK_FINAL;
	host.supervisor->tick(tick);
	host.supervisor->finish(10s);
	for (const char* name : {"fast", "plain"})
		BOOST_TEST(host.trace(name, "tick flags 1 seen 4711 ").size() == 1u, name);
}

// With the emitter's name, which the host puts in, it is longer than a message may be.
BOOST_AUTO_TEST_CASE(an_alert_that_grows_too_long_on_the_way_harms_nobody) {
	Host host;
	const std::string emitter(40, 'e');
	tmon_alert alert{};
	alert.size = sizeof alert;
	const std::size_t rest = encode_alert(alert, {}).size();
	const std::string text(kMaxMessage - sizeof(MessageHeader) - rest - 8, 'x');
	alert.message = {text.data(), text.size()};
	PluginConfig taker = host.plugin("taker", Isolation::process);
	taker.limits.deadline = 200ms;
	const std::string path = (host.dir / "alert").string();
	std::ofstream(path) << encode_alert(alert, {});
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin(emitter, Isolation::process,
	                                       R"("forge_from": ")" + path + R"(", "forge_in_tick": [)" +
	                                           std::to_string(static_cast<uint32_t>(MessageType::alert_out)) + "]"),
	                           taker})
	                  .empty());
	tmon_tick tick{};
	tick.size = sizeof tick;
	host.supervisor->tick(tick);
	BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].alerts_accepted == 1; }));
	const auto end = std::chrono::steady_clock::now() + 600ms;
	host.run_until([&] { return std::chrono::steady_clock::now() > end; });
	host.publish(0, 5);
	host.end();
	BOOST_TEST(host.totals().plugins[1].restarts == 0u);
	BOOST_TEST(host.totals().plugins[1].delivered == 5u);
	BOOST_TEST(host.totals().plugins[1].alerts_failed == 1u);
	BOOST_TEST(imbalances(host.totals()).empty());
}

BOOST_AUTO_TEST_CASE(a_plugin_cannot_have_the_host_collect_open_files) {
	Host host;
	const std::string file = (host.dir / "granted").string();
	const std::size_t before = open_descriptors();
	const std::string config = forging(MessageType::open, 3000, file);
	BOOST_TEST(host.supervisor->start({host.plugin("a", Isolation::process, config)}).empty());
	// Its socket, its process, its output, its page.
	BOOST_TEST(open_descriptors() <= before + 5);
	host.end();
}

// --- waking ---

// Single events at random gaps, so that the runners fall asleep between many of them, and bursts. Nothing is
// published before everything has arrived: the next event would wake whoever had missed the last.
BOOST_DATA_TEST_CASE(no_wake_up_is_lost, data::make(isolations), isolation) {
	Host host;
	// A disk that is busy writing back can hold a plugin up as long as a lost wake-up would.
	const std::string untraced = R"("trace": "/dev/null")";
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("a", isolation, untraced, "scripted-without-flush"),
	                           host.plugin("b", isolation, untraced, "scripted-without-flush")})
	                  .empty());
	std::atomic<uint64_t> arrived{0};
	uint64_t published = 0, lost = 0;
	std::chrono::steady_clock::duration worst{};
	std::atomic<bool> done{false};
	std::thread writer([&] {
		std::mt19937 random(42);
		const auto end = std::chrono::steady_clock::now() + 7s;
		while (std::chrono::steady_clock::now() < end) {
			const auto start = std::chrono::steady_clock::now();
			const uint64_t count = random() % 8 == 0 ? 50 : 1;
			host.publish(random() % 2, count);
			published += count;
			std::chrono::steady_clock::duration took{};
			while (arrived.load() < published && took < 1s) {
				std::this_thread::sleep_for(100us);
				took = std::chrono::steady_clock::now() - start;
			}
			worst = std::max(worst, took);
			if (took >= 1s && ++lost == 3)
				break;
			// Mostly just when the runners go to sleep, 5 ms after their last event.
			const auto gap = random() % 4 ? 5000us + std::chrono::microseconds(random() % 700)
			                              : std::chrono::microseconds(random() % 8000);
			std::this_thread::sleep_until(start + gap);
		}
		done = true;
	});
	BOOST_TEST(host.run_until([&] {
		const Totals totals = host.totals();
		arrived = std::min(totals.plugins[0].delivered, totals.plugins[1].delivered);
		return done.load();
	}));
	writer.join();
	BOOST_TEST_MESSAGE(published << " events, " << host.arms << " times asleep, " << host.rings_heard
	                             << " rings, the slowest event took "
	                             << std::chrono::duration_cast<std::chrono::milliseconds>(worst).count() << " ms");
	BOOST_TEST(lost == 0u);
	BOOST_TEST(published > 1000u);
	BOOST_TEST(host.arms > 100u);
	BOOST_TEST(host.rings_heard > 50u);
	host.end();
	BOOST_TEST(host.totals().plugins[0].delivered == published);
	BOOST_TEST(imbalances(host.totals()).empty());
}

} // namespace
